import { useEffect } from 'react';
import { identifyFullStory } from './fullstory';
import { useLogout } from './useLogout';
export function Account({ user }) {
  const { mutate: logout } = useLogout();
  useEffect(() => identifyFullStory(user), [user]);
  const remove = async () => {
    // expect: PB001
    await fetch('/api/account', { method: 'DELETE' });
    window.location.href = '/goodbye';
  };
  return (
    <>
      <button onClick={() => logout()}>Log out</button>
      <button onClick={remove}>Delete my account</button>
    </>
  );
}
