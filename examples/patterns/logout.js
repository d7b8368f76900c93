import { logoutService } from '@passerby/flows';

export const logOut = logoutService({
  backend: () => fetch('/api/logout', { method: 'POST', keepalive: true }),
  clear: () => localStorage.removeItem('auth'),
  navigate: '/login',
});
