/** Storage as the core sees it: one that may refuse, which is noted once a page load (RE-2). */

import type { Core } from './machine';

export const RECORD = 'fs_uid';
export const ACTIVITY = 'fs_lua';
export const CONSENT = 'fs_cid';
export const OUTBOX = 'fs_out.';

export interface StoreState {
  /** Whether it was noted that storage refuses. */
  hasFailed?: boolean;
}

/** Writes, or removes where there is no value; says whether that had an effect. */
export function write(c: Core, key: string, value: string | null): boolean {
  return c.storage.write(key, value) || fail(c);
}

/** Storage refused something. */
export function fail(c: Core): false {
  if (!c.hasFailed) c.note('storage_failed');
  c.hasFailed = true;
  return false;
}
