import { followAuth } from '@passerby/flows';

// The script of fs.js has `data-follow`, so that the first page waits for this.
// The item holds {"uid": "…"} while somebody is signed in, and is gone when nobody is.
export const follower = followAuth('auth');
