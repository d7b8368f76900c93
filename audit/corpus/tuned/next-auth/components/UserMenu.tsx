'use client';
import { signOut, useSession } from 'next-auth/react';
import { useEffect } from 'react';
import { FullStory, isInitialized } from '@fullstory/browser';

export function UserMenu() {
  const { data: session, status } = useSession();
  useEffect(() => {
    if (status === 'authenticated' && isInitialized()) {
      FullStory('setIdentity', { uid: session.user.id, properties: { email: session.user.email } });
    }
  }, [status, session]);
  return (
    // expect: PB001
    <button onClick={() => signOut({ callbackUrl: '/' })}>Sign out</button>
  );
}
