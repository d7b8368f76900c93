/**
 * The identity record in shared storage, as this page reads and writes it (ID-11, ST-1, CL-6).
 *
 *     found in storage                      what `read` makes of it
 *     ------------------------------------  ------------------------------------------------------------
 *     a record of a device never left       that
 *     a device this page has left           nothing (`returned`); whoever left does not come back
 *     nothing, or nothing readable          nothing (`lost`)
 *     what was there when a write failed    what could not be written (RE-2)
 *
 * Each write compares first: of a device that another tab put there since this page looked, it changes nothing.
 */

import type { Core } from './machine';
import { type Identity, parseRecord, recordText } from './record';
import { fail, RECORD, write } from './store';

export interface PresenceState {
  /** What storage held when the record could not be written, if it could not. */
  held?: string | null | undefined;
  /** What storage held when the record could not be removed either, if it holds that still (ID-17). */
  stuckAt?: string | null | undefined;
  /** The device that this page last saw in shared storage, if any. */
  seen?: string | undefined;
  /** Devices that this page has left: 2 for good; 1 those it knew to be bound, as long as they look like nobody's. */
  left: Record<string, number>;
  /** Why `read` last found nothing to go on with. */
  whyGone: 'lost' | 'returned';
}

/** The org's record that stands in `text`, fit to go on with or not. */
function parsed(c: Core, text = c.storage.read(RECORD)): Identity | null {
  return parseRecord(text, c.settings.org);
}

/** The record that stands in storage; the page goes by it. */
export function there(c: Core, text = c.storage.read(RECORD)): Identity | null {
  const found = parsed(c, text);
  if (c.stuckAt !== text) c.stuckAt = undefined;
  c.seen = found?.device;
  return found;
}

function isLapsed(c: Core, { expiry }: Identity): boolean {
  return expiry * 1000 <= c.wallMs();
}

/** Whether the page has left that device (ID-11, ID-15). */
export function isLeft(c: Core, { bound, device }: Identity): boolean {
  return c.left[device]! > (bound ? 1 : 0);
}

/** The record that the page would go on with, if there is one. Who only asks changes nothing (SE-5). */
export function peek(c: Core): Identity | null | false {
  const text = c.storage.read(RECORD);
  if (c.held === text) return c.here;
  const found = parsed(c, text);
  return found && !isLapsed(c, found) && !isLeft(c, found) && found;
}

/** The record to go on with, if there is one; what is odd is noted. */
export function read(c: Core): Identity | null | void {
  const text = c.storage.read(RECORD);
  const found = there(c, text);
  if (c.held === text) return c.here;
  c.held = undefined;
  c.whyGone = 'lost';
  if (text && !found) c.note('foreign_record');
  if (!found || isLapsed(c, found)) return;
  if (!isLeft(c, found)) return found;
  c.note('released_device_returned');
  c.whyGone = 'returned';
}

export function save(c: Core, at: Identity): void {
  if (c.isApart) return;
  c.held = c.stuckAt = undefined;
  if (!isAsSeen(c)) return;
  if (c.storage.write(RECORD, recordText(c.settings.org, at))) c.seen = at.device;
  else {
    // What is there must not bring anybody back at the next load; a removal needs no room.
    remove(c);
    if (isAsSeen(c)) c.held = c.storage.read(RECORD);
    fail(c);
  }
}

export function remove(c: Core): void {
  c.stuckAt = undefined;
  if (!isAsSeen(c)) return;
  if (write(c, RECORD, null)) c.seen = undefined;
  else c.stuckAt = c.storage.read(RECORD);
}

/** Whether storage keeps a record that could be neither replaced nor removed. */
export function isStuck(c: Core): boolean {
  return c.stuckAt !== undefined;
}

/** Whether no other tab has put another device there since this page looked. */
function isAsSeen(c: Core): boolean {
  return parsed(c)?.device == c.seen;
}

/** The bound records that stood in other homes, which hold none from now on; not the device `but`, and each once (ST-1). */
export function swept(c: Core, but?: string): Identity[] {
  const found = c.storage.strays().map((text) => parsed(c, text));
  return found.filter((at) => at?.bound && at.device != but && !isLeft(c, at) && (c.left[at.device] = 2)) as Identity[];
}
