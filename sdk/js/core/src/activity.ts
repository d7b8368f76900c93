/** When the user was here last, and whether that ends a session (SE-1, SE-8, ST-4). */

import type { Ports } from './ports';
import { type Identity, wholeSecond } from './record';
import type { Settings } from './settings';

export const ACTIVITY = 'fs_lua';
/** A time that is further ahead than this was said by a clock that has been put right since. */
const AHEAD_MS_MAX = 300_000;

export function makeActivity({ storage, wallMs }: Ports, settings: Settings, write: (key: string, value: string) => void) {
  /** What this page itself has seen of the session, wall ms. */
  let seenAt = 0;

  /** When storage last heard of activity, wall ms; 0: never. */
  function heardAt(): number {
    const found = /^1\.(\d{1,15})$/.exec(storage.read(ACTIVITY) || '');
    return found ? +found[1]! : 0;
  }

  return {
    /** What was seen was of another session. */
    forget: (): void => void (seenAt = 0),

    /**
     * Takes note of activity; storage hears of it at most once per `activity_write_ms`, but of a beginning always. A
     * page that is `isApart` keeps it to itself.
     */
    touch(isBeginning: boolean, isApart: boolean): void {
      const now = wallMs();
      seenAt = isBeginning ? now : Math.max(believed(seenAt, now), now);
      if (isApart) return;
      if (isBeginning || now - believed(heardAt(), now) >= settings.activity_write_ms) write(ACTIVITY, '1.' + (isBeginning ? wholeSecond(now) : now));
    },

    /** Why the session of `at` is over by now, if it is (SE-1). */
    over({ began }: Identity, isApart: boolean): 'age' | 'idle' | null {
      const now = wallMs();
      const idleAt = Math.max(began, believed(seenAt, now), isApart ? 0 : believed(heardAt(), now)) + settings.idle_ms;
      const ageAt = began + settings.age_ms;
      if (!believed(began, now)) return 'age';
      if (now < Math.min(idleAt, ageAt)) return null;
      return ageAt <= idleAt ? 'age' : 'idle';
    },
  };
}

/** A time that lies ahead by more than clocks differ counts as none. */
function believed(ms: number, now: number): number {
  return ms > now + AHEAD_MS_MAX ? 0 : ms;
}
