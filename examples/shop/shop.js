const logOut = PasserbyFlows.logoutService({
  backend: () => fetch('logout', { method: 'POST', keepalive: true }), // there is none here: it fails, and all is well
  clear: () => localStorage.removeItem('shop-user'),
  navigate: (failures) => location.assign(isGone(failures) ? 'goodbye.html' : 'not-signed-out.html'),
});

// Only who is gone is said goodbye to. That the backend failed is another matter.
function isGone(failures) {
  return failures.every(({ step }) => step !== 'anonymize');
}

const find = (id) => document.getElementById(id);

function render() {
  const user = localStorage.getItem('shop-user');
  find('name').textContent = user ?? '';
  find('log-in').hidden = user !== null;
  find('signed-in').hidden = user === null;
}

find('log-in').addEventListener('submit', (event) => {
  event.preventDefault();
  localStorage.setItem('shop-user', new FormData(event.target).get('user'));
  render();
});
find('log-out').addEventListener('click', () => logOut('button'));
find('buy').addEventListener('click', () => FS('trackEvent', { name: 'Bought', properties: { item: 'teapot', price: 19.5 } }));
addEventListener('storage', render);
render();
