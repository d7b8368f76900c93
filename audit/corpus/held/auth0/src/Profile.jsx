import { useAuth0 } from '@auth0/auth0-react';
import { useEffect } from 'react';
export function Profile() {
  const { user, isAuthenticated, logout } = useAuth0();
  useEffect(() => {
    // expect: PB010
    if (isAuthenticated) window.FS('setIdentity', { uid: user.email, properties: { displayName: user.name } });
  }, [isAuthenticated, user]);
  return (
    <button
      onClick={() => {
        window.FS('setIdentity', { anonymous: true });
        logout({ logoutParams: { returnTo: window.location.origin } });
      }}
    >
      Bye
    </button>
  );
}
