import Keycloak from 'keycloak-js';
const keycloak = new Keycloak({ url: '/auth', realm: 'app', clientId: 'web' });
keycloak.onAuthSuccess = () => {
  window.FS.identify(keycloak.subject, { displayName: keycloak.tokenParsed.name });
};
keycloak.onTokenExpired = () => {
  keycloak.updateToken(30).catch(() => {
    // expect: PB001
    keycloak.logout();
  });
};
export function doLogout() {
  window.FS.anonymize();
  keycloak.logout({ redirectUri: window.location.origin });
}
