import mixpanel from 'mixpanel-browser';

export function identifyUser(user) {
  mixpanel.identify(user.id);
  // expect: PB015
  window.FS && window.FS.identify(user.uuid || '', { displayName: user.name });
}

export function resetTracking() {
  mixpanel.reset();
  if (window.FS) window.FS.identify(false);
}
