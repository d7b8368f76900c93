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
  welcome: (failures) => {
    notice.hidden = true;
    // Nobody is welcome on a device that still keeps the one before.
    show(failures.some(({ code }) => code === 'not_released') ? 'out-of-order' : 'welcome');
  },
});

export async function signIn(card) {
  await terminal.begin({ uid: card.holder });
  show('menu');
}

export const done = () => terminal.end('done');
