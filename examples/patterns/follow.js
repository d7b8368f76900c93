import { followAuth } from '@passerby/flows';

// The item holds {"uid": "…"} while somebody is signed in, and is gone when nobody is.
export const follower = followAuth('auth');
