import { useEffect, useState } from 'react';
import { getAuth, onAuthStateChanged, signOut, signInWithEmailAndPassword, User } from 'firebase/auth';
import { init, FullStory } from '@fullstory/browser';

init({ orgId: 'o-1' });
const auth = getAuth();

export function useAuth() {
  const [user, setUser] = useState<User | null>(null);
  useEffect(
    () =>
      onAuthStateChanged(auth, (next) => {
        setUser(next);
        if (next) FullStory('setIdentity', { uid: next.uid, properties: { email: next.email } });
      }),
    [],
  );
  const login = (email: string, password: string) => signInWithEmailAndPassword(auth, email, password);
  // expect: PB001
  const logout = () => signOut(auth);
  return { user, login, logout };
}
