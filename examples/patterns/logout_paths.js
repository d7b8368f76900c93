import { idleTimeout } from '@passerby/flows';
import { logOut } from './logout.js';

/** Every way out of the app goes through the one logout service; its reason goes with the event. */
export function watchLogoutPaths(api) {
  document.querySelector('#log-out').addEventListener('click', () => logOut('button'));
  api.onUnauthorized(() => logOut('token expired'));
  api.onMessage('signed-out-by-admin', () => logOut('forced'));
  api.onMessage('account-deleted', () => logOut('account deleted'));
  idleTimeout({ idleMs: 15 * 60_000, expired: () => logOut('idle') });
}
