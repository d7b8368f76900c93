/** How an operation comes about: under which stamp, after which `page` (QU-1, CL-4, CL-5), and what waits (CL-16). */

import { look } from './address';
import { cut } from './json-text';
import type { Core } from './machine';
import { add, type Entry, type Stamp } from './queue';
import type { Identity } from './record';
import { renew } from './standing';

const SOURCE_CHARS_MAX = 64;

export interface RecorderState {
  /** What waits until it is known who is there, with when it was made; null: nothing has to (CL-16). */
  waiting?: [work: () => void, at: number][] | null;
  /** When what is being recorded was made, if that is not now. */
  madeAt?: number | undefined;
  /** The URL at the last look around for a `page`, recorded or waiting. */
  lookedAt?: string;
  /** The `end`, or else the `identify`, that the present call recorded. */
  identityEntry?: Entry | null;
}

/** Stamps an operation and hands it to the queue. The page it happens on is recorded before it (CL-4, CL-5). */
export function record(c: Core, op: string, members: object, source?: unknown): void {
  if (op == 'page') {
    c.shownUrl = c.page().url;
    c.isPageDue = false;
  } else if (c.isPageDue && op != 'end') recordPage(c);
  const operation = { op, n: ++c.count, t: c.madeAt ?? c.wallMs(), ...members, source: cut(source, SOURCE_CHARS_MAX) };
  const entry = add(c, stampOf(c.here!, c.pageHere!), operation);
  if (op == 'end' || (op == 'identify' && !c.identityEntry)) c.identityEntry = entry;
}

/** Records what keeps no session alive, but opens one where there is none (SE-1). */
export function say(c: Core, op: string, members: object, source?: unknown): void {
  renew(c);
  record(c, op, members, source);
}

/** Records where the page is now, once that has to wait no longer. */
export function recordPage(c: Core): void {
  const { device } = c.here!;
  const where = look(c);
  c.lookedAt = c.page().url;
  // Another device by then is another person, whom the page was not referred to.
  const work = (): void => record(c, 'page', { ...where, ...(c.here!.device != device && { referrer: undefined }) });
  if (!wait(c, work)) work();
}

/** Ends a device that stood in a home not in use, as its own user's (ST-1). */
export function endLost(c: Core, at: Identity): void {
  add(c, stampOf(at, c.mint('page')), { op: 'end', n: 1, t: c.wallMs(), why: 'lost' });
}

/** Keeps `work` until it is known who is there; false when that has not to be waited for. */
export function wait(c: Core, work: () => void): boolean {
  return !!c.waiting?.push([work, c.wallMs()]);
}

/** The page has spoken of somebody, or is to wait no longer: what waited is done, as made when it was. */
export function goOn(c: Core): void {
  const waited = c.waiting || [];
  c.waiting = null;
  for (const [work, at] of waited) {
    c.madeAt = at;
    work();
  }
  c.madeAt = undefined;
}

function stampOf(at: Identity, page: string): Stamp {
  return { device: at.device, session: at.session, page, started: at.began, key: at.key || undefined };
}
