// Keeps what a page complains of until somebody asks, or until it leaves.
(() => {
  const heard = (window.__complaints = []);
  for (const [name, kind] of [['warn', 'warning'], ['error', 'error']]) {
    const say = console[name];
    console[name] = (...words) => {
      heard.push([kind, words.map(String).join(' ')]);
      say.apply(console, words);
    };
  }
  addEventListener('error', ({ message, error }) => error !== undefined && heard.push(['uncaught', message]));
  addEventListener('unhandledrejection', ({ reason }) => heard.push(['uncaught', String(reason)]));
  addEventListener('pagehide', () => {
    if (heard.length) navigator.sendBeacon('/--complaints--', JSON.stringify(heard.splice(0)));
  });
})();
