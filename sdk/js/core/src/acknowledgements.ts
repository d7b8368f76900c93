/** Calls that wait for the server's answer (ID-8): each settles when it is in, and at the latest after `settle_ms`. */

import type { Answer } from './calls';
import type { ErrorCode } from './codes';
import type { Core } from './machine';
import type { Entry } from './queue';

/** Told null and the call's value, or the code of what went wrong. */
export type Settle = (error: ErrorCode | null, value?: unknown) => void;

export interface AcknowledgementsState {
  unsettled: { entry: Entry; settle: Settle; dueAt: number }[];
  /** When the timer rings. */
  ringsAt?: number;
}

/** Settles with what a call gave: at once, or when the server has answered for it. */
export function settle(c: Core, { value, error, entry }: Answer, settled: Settle): void {
  if (!entry) return settled(error || null, value);
  c.unsettled.push({ entry, settle: settled, dueAt: Infinity });
  settleThose(c, () => false);
}

/** `entry` was answered; `isStored`: the server has it. */
export function answered(c: Core, entry: Entry, isStored: boolean): void {
  settleThose(c, (one) => one.entry == entry, isStored);
}

/** The timer rang, even if the clock stands still: those who have waited long enough hear no. */
export function settleLate(c: Core): void {
  settleThose(c, ({ dueAt }) => dueAt <= Math.max(c.wallMs(), c.ringsAt!));
}

type Unsettled = AcknowledgementsState['unsettled'][number];

/** Lets those go who are meant. A clock that ran backwards makes nobody wait longer than `settle_ms` from now. */
function settleThose(c: Core, isMeant: (one: Unsettled) => boolean, isStored?: boolean): void {
  const latest = c.wallMs() + c.settings.settle_ms;
  const meant = c.unsettled.filter(isMeant);
  c.unsettled = c.unsettled.filter((one) => !meant.includes(one));
  for (const one of c.unsettled) one.dueAt = Math.min(one.dueAt, latest);
  if (c.unsettled[0]) c.setTimer('settle', (c.ringsAt = c.unsettled[0].dueAt));
  else if (meant[0]) c.clearTimer('settle');
  for (const one of meant) one.settle(isStored ? null : 'not_acknowledged');
}
