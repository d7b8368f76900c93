import { kiosk } from '@passerby/flows';

const show = (screen) => (document.body.dataset.screen = screen);
const notice = document.querySelector('#still-there');

export const terminal = kiosk({
  idleMs: 60_000,
  countdownMs: 10_000,
  countdown: (leftMs) => {
    notice.hidden = leftMs === null;
    notice.textContent = `Are you still there? ${Math.ceil(leftMs / 1000)}`;
  },
  clear: () => sessionStorage.clear(),
  welcome: () => {
    notice.hidden = true;
    show('welcome');
  },
});

export async function signIn(card) {
  await terminal.begin({ uid: card.holder });
  show('menu');
}

export const done = () => terminal.end('done');
