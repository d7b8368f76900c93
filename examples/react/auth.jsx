import { followAuth, logoutService } from '@passerby/flows';
import { createContext, useContext, useEffect, useMemo, useState } from 'react';

// index.html announces this with `data-follow`: what is recorded waits until the first state that is known has been said.
const follower = followAuth();
const Auth = createContext(null);

export const useAuth = () => useContext(Auth);

/** Knows who is signed in, and tells Passerby of every change: nothing else in the app has to. */
export function AuthProvider({ children }) {
  const [user, setUser] = useState(undefined); // not known yet

  useEffect(() => {
    const read = () => setUser(JSON.parse(localStorage.getItem('user')));
    read();
    addEventListener('storage', read); // another tab signed in or out
    return () => removeEventListener('storage', read);
  }, []);

  useEffect(() => follower.say(user), [user]);

  const auth = useMemo(() => {
    const keep = (next) => {
      localStorage.setItem('user', JSON.stringify(next));
      setUser(next);
    };
    return { logIn: (uid) => keep({ uid }), logOut: logoutService({ clear: () => keep(null) }) };
  }, []);

  return <Auth value={{ user, ...auth }}>{children}</Auth>;
}
