/**
 * Who this page acts for, and when it stops being that person (ID-5 to ID-7, ID-11, ID-15, ID-16).
 *
 * Everything an operation needs to know of identity is read from the record in shared storage at the moment of the
 * call (ID-11). A page acts only for whom its app told it of (ID-15):
 *
 *     told      found in storage                     what the page does
 *     --------  -----------------------------------  -------------------------------------------------------
 *     any       its own device and session           goes on
 *     any       its own device, another session      goes on in that one
 *     any       its own device, without its binding  writes the binding again
 *     any       its own device, with another         goes apart: on a device of its own, as nobody
 *               binding than the one it knows
 *     nobody    another device                       follows: a new page id, nothing carried over
 *     U         another device of U                  follows
 *     U         any other device, or its own with    goes apart
 *               somebody else's binding
 *     any       nothing, or a device it has left;    ends its own as its own user's, and goes apart (ID-16)
 *               its own was bound
 *     any       the same; its own was not            mints a fresh one; whoever left does not come back
 *
 * Apart is in memory alone: shared storage is neither read nor written, until the page is told again or loaded anew.
 */

import { over, touch } from './activity';
import type { Core } from './machine';
import type { ChangeWhy } from './ports';
import { isLeft, isStuck, peek, read, remove, save, swept, there } from './presence';
import type { Carried } from './properties';
import { endLost, goOn, record } from './recorder';
import { boundTo, freshRecord, type Identity } from './record';
import { become, beginSession, boundOf, enter, go, isOthers, proceed, renew, renewed, tellUser, turn } from './standing';
import { ACTIVITY, write } from './store';

/** Takes up the record in storage, or mints one (CL-3). */
export function takeUp(c: Core): void {
  const found = read(c);
  if (!found) return fresh(c, 'start');
  const isOver = over(c, found);
  sweep(c, found.device);
  const at = loaded(c, found, isOver);
  at.key ||= c.mint('key');
  turn(c, at, 'start', isOver);
}

/** Goes on after a shutdown (SE-3). */
export function resume(c: Core): void {
  c.isApart = false;
  c.toldUid = null;
  const found = read(c);
  if (!found || boundOf(c, found)) return fresh(c, 'restart');
  const isOver = over(c, found);
  (c.here?.device == found.device ? proceed : turn)(c, loaded(c, found, isOver), 'restart', isOver);
}

/** The record of the next page load. */
function loaded(c: Core, found: Identity, isOver: unknown): Identity {
  return isOver ? renewed(c, found) : { ...found, pages: found.pages + 1 };
}

/** A new device, session and page id. `uid` binds the device. */
function fresh(c: Core, why: ChangeWhy, uid?: string): void {
  if (!c.isApart) sweep(c);
  const at = freshRecord(c);
  if (uid) at.bound = boundTo(at.device, uid);
  turn(c, at, why, true, uid);
}

/** Ends what stood in other homes as its own users' (ST-1). */
function sweep(c: Core, but?: string): void {
  for (const at of swept(c, but)) endLost(c, at);
}

/** Leaves the shared device for one of this page's own (ID-15). What could not be written is given up. */
export function goApart(c: Core, why: ChangeWhy, uid?: string): void {
  const { bound, device } = c.here!;
  c.held = undefined;
  c.isApart = true;
  fresh(c, why, uid);
  const found = there(c);
  // What the others go on with this page may come back to; not to a user's device that looks like nobody's.
  if (found?.device == device) c.left[device] = bound || found.bound ? 1 : 0;
}

/** Back to the shared record, whoever is there. */
function join(c: Core, why: ChangeWhy): void {
  c.isApart = false;
  const found = read(c);
  if (found) enter(c, found, c.mint('page'), why);
  else fresh(c, why);
}

/** Whether a device is not whose the page was told, or, its own, not whose the page knows it to be. */
function isStrange(c: Core, { bound, device }: Identity): unknown {
  const isOwn = device == c.here!.device;
  const isContrary = isOwn && c.here!.bound && bound && c.here!.bound != bound;
  return isContrary || (c.toldUid && bound != boundTo(device, c.toldUid) && (bound || !isOwn));
}

/**
 * Brings memory in step with storage (the table above). `speech` is whom the app speaks of just now, null: it lets the
 * user go; undefined: it speaks of nobody. Says whether a user whose record was gone was let go.
 */
export function follow(c: Core, speech?: string | null, source?: unknown): unknown {
  if (c.isApart) return;
  const found = read(c);
  if (!found) return followNothing(c, speech, source);
  if (isStrange(c, found) && (speech === undefined || (found.bound && speech && speech == c.toldUid))) goApart(c, 'apart');
  else if (found.device != c.here!.device) {
    c.seenAt = 0;
    enter(c, found, c.mint('page'), 'tab');
  } else {
    const bound = boundOf(c, found);
    go(c, { ...found, bound }, 'tab');
    if (bound != found.bound || c.held !== undefined) save(c, c.here!);
  }
  return;
}

/** The record is gone, or names a device the page has left. */
function followNothing(c: Core, speech: string | null | undefined, source: unknown): true | void {
  sweep(c, c.here!.device);
  if (!c.here!.bound) return fresh(c, c.whyGone);
  c.isApart = speech === undefined;
  if (!c.isApart) c.toldUid = null;
  else if (c.whyGone == 'returned') remove(c);
  leave(c, speech === null ? 'anonymize' : 'lost', source);
  return true;
}

/**
 * What this page must not leave for the next one to find is looked for (ID-11): a device it has left, which another tab
 * wrote back; a user whose record is gone; and one whose record could not be replaced.
 */
export function guard(c: Core): void {
  if (!c.isOn || c.isApart) return;
  const found = there(c);
  if (found ? isLeft(c, found) || isStuck(c) : c.here!.bound || c.held !== undefined) follow(c);
}

/** Binds the device (ID-2), says the same again (ID-4), or leaves it for another (ID-5); which device, ID-15 says. */
export function identify(c: Core, uid: string, carried: Carried, isPage: unknown, source: unknown): void {
  const isOwn = isPage || isAgain(c, uid);
  const wasBound = c.isApart && c.here!.bound;
  const isSame = isOwn && wasBound && !isOthers(c.here!, uid);
  if (wasBound && !isSame) record(c, 'end', { why: 'reidentify' }, source);
  if (!isOwn && c.isApart) join(c, 'tab');
  c.toldUid = uid;
  if (isOwn && !isSame) goApart(c, 'page', uid);
  else if (isOthers(c.here!, uid)) leave(c, 'reidentify', source, uid);
  else bind(c, uid);
  goOn(c);
  record(c, 'identify', { uid, ...carried }, source);
  tellUser(c, carried);
}

function bind(c: Core, uid: string): void {
  const isNew = renew(c);
  const at = c.here!;
  if (!at.bound) {
    c.here = { ...at, bound: boundTo(at.device, uid) };
    if (c.settings.split_on_identify && !isNew) beginSession(c, 'split');
    else save(c, c.here);
  }
  touch(c, false);
  // Another's, whose binding stood in storage.
  if (c.uidHere && c.uidHere != uid) c.traits = {};
  become(c, c.here, c.pageHere, uid, 'identify');
}

/**
 * Whether a page says again whom it was told of, while another page or the loss of the record has changed that: then
 * it speaks for itself alone (ID-15), but where the record is that user's, or there is none.
 */
function isAgain(c: Core, uid: string): unknown {
  if (c.toldUid != uid) return;
  if (!c.isApart || c.here!.bound) return c.isApart || !c.here!.bound;
  const found = peek(c);
  return found && (!found.bound || isOthers(found, uid));
}

/** Lets the user go, of the shared device and of one apart (ID-6, ID-7); says whether there was one to let go. */
export function anonymize(c: Core, isForced: boolean, isPage: unknown, source: unknown): unknown {
  if (!c.isOn) return !isPage && release(c, isForced);
  let isReleased = follow(c, isPage ? undefined : null, source);
  const wasApart = c.isApart;
  if (c.here!.bound && (wasApart || isPage)) {
    isReleased = true;
    if (!wasApart) goApart(c, 'page');
    else if (isPage) leave(c, 'anonymize', source);
    else record(c, 'end', { why: 'anonymize' }, source);
  }
  if (!isPage) {
    c.toldUid = null;
    if (wasApart) join(c, 'anonymize');
    const { bound } = c.here!;
    if (bound || (isForced && !isReleased)) {
      isReleased = true;
      leave(c, bound ? 'anonymize' : 'forget', source);
    }
  }
  if (isStuck(c)) c.storage.disown();
  goOn(c);
  return isReleased;
}

/** Ends the session as its user's and goes on as somebody else, in the order of CL-6. */
function leave(c: Core, why: ChangeWhy, source: unknown, uid?: string): void {
  record(c, 'end', { why }, source);
  fresh(c, why, uid);
  if (!c.isApart) c.storage.disown();
}

/** Lets go while nothing is captured: who stands in storage, and whom the page still holds (SE-3, SE-4). */
function release(c: Core, isForced: boolean): unknown {
  const here = c.here;
  const found = there(c);
  const bound = found?.bound || here?.bound;
  const isReleased = bound || (isForced && (found || here));
  swept(c);
  c.toldUid = null;
  if (isReleased || isStuck(c)) {
    if (found) c.left[found.device] = 2;
    remove(c);
    c.storage.disown();
    write(c, ACTIVITY, null);
  } else if (!here || found?.device == here.device) return;
  c.held = undefined;
  c.isApart = false;
  enter(c, null, null, bound || !isReleased ? 'anonymize' : 'forget');
  return isReleased;
}
