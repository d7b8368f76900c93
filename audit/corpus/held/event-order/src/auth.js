export const auth = {
  identify(user) {
    FS('setIdentity', { uid: user.id, properties: { displayName: user.name } });
  },
  async logout() {
    FS('setIdentity', { anonymous: true });
    // expect: PB006
    FS('trackEvent', { name: 'Logged out', properties: {} });
    await fetch('/logout', { method: 'POST' });
    location.assign('/');
  },
};
