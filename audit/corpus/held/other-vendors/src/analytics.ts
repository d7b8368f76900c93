import posthog from 'posthog-js';
import LogRocket from 'logrocket';
export const analytics = {
  identify(user: any) {
    posthog.identify(user.email);
    LogRocket.identify(user.email || '');
  },
  reset() {
    posthog.reset();
  },
};
// FS.identify(user.email);
export async function logout() {
  analytics.reset();
  localStorage.removeItem('token');
  await fetch('/logout');
}
