// Before the script of fs.js: a page load captures nothing while consent is refused.
window._fs_capture_on_startup = !localStorage.getItem('no-capture');
