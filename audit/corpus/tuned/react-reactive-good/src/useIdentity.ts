import { useEffect } from 'react';
import * as FullStory from '@fullstory/browser';
import { useSession } from './session';

export function useIdentity() {
  const { user, loading } = useSession();
  useEffect(() => {
    if (loading) return;
    if (user) {
      FullStory.identify(user.id, { displayName: user.name });
    } else {
      FullStory.anonymize();
    }
  }, [user, loading]);
}
