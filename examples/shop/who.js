// Every page has this, in its head: who is signed in is what local storage says. Passerby follows it, in this tab and in every
// other. `data-follow` on the script of fs.js says so beforehand: the page's first operation waits for this answer.
PasserbyFlows.followAuth('shop-user');
