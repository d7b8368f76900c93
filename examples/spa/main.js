import { auth } from './auth.js';

const { followAuth, logoutService, switchAccount, switchWorkspace } = PasserbyFlows;

followAuth(auth); // announced with `data-follow` in index.html

const user = (uid, workspace) => ({ uid, properties: { workspace } });
const logOut = logoutService({ clear: () => auth.set(null), navigate: () => (location.hash = '#/login') });

async function openAccount(uid) {
  await switchAccount({
    load: () => {
      auth.set(user(uid, 'home'));
      return auth.user;
    },
  });
  render();
}

async function openWorkspace(workspace) {
  const next = user(auth.user.uid, workspace);
  await switchWorkspace({ to: next });
  auth.set(next);
  render();
}

const SCREENS = {
  '#/login': () => [['Log in as Ana', () => { auth.set(user('ana', 'home')); location.hash = '#/board'; }]],
  '#/board': () => [
    ['Move a card', () => FS('trackEvent', { name: 'Card Moved' })],
    ['Go to the office', () => openWorkspace('office')],
    ['Switch to Bo', () => openAccount('bo')],
    ['Log out', () => logOut('button')],
  ],
};

function render() {
  if (!auth.user || !SCREENS[location.hash]) location.hash = auth.user ? '#/board' : '#/login';
  const buttons = SCREENS[location.hash]().map(([text, act]) => {
    const button = Object.assign(document.createElement('button'), { textContent: text });
    button.addEventListener('click', act);
    return button;
  });
  const title = Object.assign(document.createElement('h1'), {
    textContent: auth.user ? `${auth.user.uid} in ${auth.user.properties.workspace}` : 'Boards',
  });
  document.querySelector('main').replaceChildren(title, ...buttons);
}

addEventListener('hashchange', render);
render();
