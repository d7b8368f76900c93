import { fs } from './vendor';
export async function logout() {
  fs.event('Logout', {});
  // expect: PB004
  fs('setIdentity', { uid: null });
  // expect: PB001
  await fetch('/logout', { method: 'POST' });
  window.location.assign('/');
}
export const onLogin = (user) => fs('setIdentity', { uid: user.id, properties: { team: user.team } });
