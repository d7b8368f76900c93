import Service, { inject as service } from '@ember/service';
export default Service.extend({
  router: service(),
  fullstory: service(),
  async login(credentials) {
    const user = await this.fetchUser(credentials);
    window.FS.identify(user.id, { displayName: user.name });
  },
  invalidate() {
    window.FS.anonymize();
    localStorage.removeItem('session');
    this.router.transitionTo('login');
  },
});
