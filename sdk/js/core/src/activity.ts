/** When the user was here last, and whether that ends a session (SE-1, SE-8, ST-4). */

import type { Core } from './machine';
import { type Identity, wholeSecond } from './record';
import { ACTIVITY, write } from './store';

/** A time that is further ahead than this was said by a clock that has been put right since. */
const AHEAD_MS_MAX = 300_000;

export interface ActivityState {
  /** What this page itself has seen of the session, wall ms; 0: nothing. */
  seenAt: number;
}

/**
 * Takes note of activity; storage hears of it at most once per `activity_write_ms`, but of a beginning always. A page
 * that is apart keeps it to itself.
 */
export function touch(c: Core, isBeginning: unknown): void {
  const now = c.wallMs();
  c.seenAt = isBeginning ? now : Math.max(believed(c.seenAt, now), now);
  if (c.isApart) return;
  if (isBeginning || now - heardAt(c, now) >= c.settings.activity_write_ms) write(c, ACTIVITY, '1.' + (isBeginning ? wholeSecond(now) : now));
}

/** Why the session of `at` is over by now, if it is (SE-1). */
export function over(c: Core, { began }: Identity): 'age' | 'idle' | null {
  const now = c.wallMs();
  const idleAt = Math.max(began, believed(c.seenAt, now), c.isApart ? 0 : heardAt(c, now)) + c.settings.idle_ms;
  const ageAt = began + c.settings.age_ms;
  if (!believed(began, now)) return 'age';
  if (now < Math.min(idleAt, ageAt)) return null;
  return ageAt <= idleAt ? 'age' : 'idle';
}

/** When storage last heard of activity, wall ms; 0: never. */
function heardAt(c: Core, now: number): number {
  return believed(+(/^1\.(\d{1,15})$/.exec(c.storage.read(ACTIVITY) || '')?.[1] || 0), now);
}

/** A time that lies ahead by more than clocks differ counts as none. */
function believed(ms: number, now: number): number {
  return ms > now + AHEAD_MS_MAX ? 0 : ms;
}
