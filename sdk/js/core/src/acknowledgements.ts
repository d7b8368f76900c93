/** Calls that wait for the server's answer (ID-8): each settles when it is in, and at the latest after `settle_ms`. */

import type { ErrorCode } from './codes';
import type { Ports } from './ports';
import type { Entry } from './queue';

/** Told null, or the code of what went wrong. */
type Settle = (error: ErrorCode | null) => void;

interface Waiting {
  entry: Entry;
  dueAt: number;
  settle: Settle;
}

export function makeAcknowledgements(ports: Ports, settings: { settle_ms: number }) {
  let waiting: Waiting[] = [];
  let ringsAt = 0;

  /** Lets those go who are meant. A clock that ran backwards makes nobody wait longer than `settle_ms` from now. */
  function settleThose(isMeant: (one: Waiting) => boolean, isAnswered?: boolean): void {
    const latest = ports.wallMs() + settings.settle_ms;
    const meant = waiting.filter(isMeant);
    waiting = waiting.filter((one) => !meant.includes(one));
    for (const one of waiting) one.dueAt = Math.min(one.dueAt, latest);
    if (waiting[0]) ports.setTimer('settle', (ringsAt = waiting[0].dueAt));
    else if (meant[0]) ports.clearTimer('settle');
    for (const one of meant) one.settle(isAnswered ? null : 'not_acknowledged');
  }

  return {
    /** Settles when the server has answered for `entry`, or will not in time. */
    await(entry: Entry, settle: Settle): void {
      waiting.push({ entry, settle, dueAt: Infinity });
      settleThose(() => false);
    },
    /** `entry` was answered. */
    answered: (entry: Entry, isAnswered: boolean): void => settleThose((one) => one.entry == entry, isAnswered),
    /** The timer rang, even if the clock stands still: those who have waited long enough hear no. */
    timer: (): void => settleThose((one) => one.dueAt <= Math.max(ports.wallMs(), ringsAt)),
  };
}
