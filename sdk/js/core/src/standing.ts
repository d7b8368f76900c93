/**
 * How a page stands: what it last saw of who it is, to tell a change by (CL-8), and all that belongs to its page id.
 * Who the page is to be, `identity` decides from what storage holds. Nothing here reads the record.
 */

import { over, touch } from './activity';
import { depart } from './address';
import { jsonText } from './json-text';
import type { Core } from './machine';
import { clearNames } from './page-names';
import type { ChangeWhy, State } from './ports';
import { save } from './presence';
import { type Carried, isEmpty } from './properties';
import { boundTo, type Identity } from './record';

const SUFFIX = /(.)_(str|int|real|bool|date)s?$/;
/** What observers hear at the end of a call, in this order (CL-7). */
export const NEWS = ['start', 'session', 'shutdown', 'user'] as const;
export type News = Partial<Record<(typeof NEWS)[number], Record<string, unknown>>>;

export interface StandingState {
  isOn?: boolean;
  isShut?: boolean;
  /** Whether capture has begun on this page load. */
  hasBegun?: boolean;
  here: Identity | null;
  pageHere: string | null;
  uidHere: string | null;
  /** Whom the app last told this page of, present or gone; null after it said nobody. */
  toldUid?: string | null;
  /** Whether `here` is this page's alone (ID-15). */
  isApart?: boolean;
  /** User properties that this page was told of the present user. */
  traits: Record<string, unknown>;
  /** Operations of this page id so far. */
  count: number;
  /** The URL at the last `page` operation, and whether the next operation is to have one before it. */
  shownUrl?: string;
  isPageDue?: boolean;
  news: News;
}

export function state(c: Core): State {
  const capture = c.isOn ? 'on' : c.isShut ? 'shutdown' : 'off';
  return { capture, device: c.here && c.here.device, session: c.here && c.here.session, page: c.pageHere, uid: c.uidHere, bound: !!c.here?.bound };
}

/** Writes `at`, then makes it this page's, under a page id of its own (CL-6). */
export function turn(c: Core, at: Identity, why: ChangeWhy, isNew: unknown, uid?: string): void {
  const id = c.mint('page');
  save(c, at);
  touch(c, isNew);
  enter(c, at, id, why, uid);
}

/** A page id of its own begins with nothing carried over: no counter, bucket or page property (PV-1). */
export function enter(c: Core, at: Identity | null, id: string | null, why: ChangeWhy, uid?: string): void {
  const before = c.here;
  const isSame = at && at.device == before?.device;
  c.count = 0;
  c.isPageDue = true;
  c.spent = {};
  clearNames(c);
  if (!isSame) {
    if (before) {
      c.left[before.device] = 2;
      depart(c, c.shownUrl != null);
      if (c.uidHere || !isEmpty(c.traits)) c.news.user = { user: null };
    }
    if (at) c.left[at.device] = 0;
    c.traits = {};
  }
  become(c, at, id, isSame ? c.uidHere : uid ?? null, why);
  if (at && before && before.session != at.session) tellSession(c);
}

/** Makes these the page's own, and says so. */
export function become(c: Core, at: Identity | null, id: string | null, uid: string | null, why: ChangeWhy): void {
  const before = state(c);
  c.here = at;
  c.pageHere = id;
  c.uidHere = uid;
  c.changed(before, state(c), why);
}

/** Goes on with `at` on the same device; in another session, with a page operation to come (CL-5). */
export function go(c: Core, at: Identity, why: ChangeWhy): void {
  if (c.here!.session == at.session) {
    c.here = at;
    return;
  }
  if (why == 'tab') c.seenAt = 0;
  c.isPageDue = true;
  become(c, at, c.pageHere, c.uidHere, why);
  tellSession(c);
}

/** Writes `at`, the record of the same device, and goes on with it. */
export function proceed(c: Core, at: Identity, why: ChangeWhy, isNew: unknown): void {
  save(c, at);
  touch(c, isNew);
  go(c, at, why);
}

/** Begins the next session if this one is over; says whether it did (SE-1). */
export function renew(c: Core): unknown {
  const why = over(c, c.here!);
  if (why) beginSession(c, why);
  return why;
}

export function beginSession(c: Core, why: ChangeWhy, pages?: number): void {
  proceed(c, renewed(c, c.here!, pages), why, true);
}

/** The record of the same device in a session of its own. */
export function renewed(c: Core, at: Identity, pages = 1): Identity {
  return { ...at, session: c.mint('session'), began: c.wallMs(), pages };
}

/** The binding of the device, once seen, stays, whatever a delayed write says (ID-11). */
export function boundOf(c: Core, { bound, device }: Identity): string {
  return bound || (c.here?.device == device ? c.here.bound : '');
}

/** Whether a device is another user's than `uid`'s. */
export function isOthers({ bound, device }: Identity, uid: string): unknown {
  return bound && bound != boundTo(device, uid);
}

/** Whether this may be the device of somebody who is gone: then nobody hears of it yet (CL-16). */
export function isUnknown(c: Core): unknown {
  return c.waiting && c.here?.bound;
}

/** Whether this page load has shown no page yet, since that waits (CL-16). */
export function isPageHeld(c: Core): unknown {
  return c.settings.hold && c.shownUrl == null;
}

export function urlOf(c: Core, at: Identity): string {
  return `${c.settings.app}/ui/${c.settings.org}/session/${at.device}%3A${at.session}`;
}

export function tellSession(c: Core): void {
  if (c.isOn) c.news.session = { url: urlOf(c, c.here!) };
}

/** What this page was told of the present user, by bare names, for its observers (CL-7). */
export function tellUser(c: Core, { properties = {}, suffixes }: Carried): void {
  // Any name is one: `__proto__` too.
  c.traits = { __proto__: null, ...c.traits };
  for (const name of Object.keys(properties)) {
    if (properties[name] !== null) c.traits[suffixes ? name.replace(SUFFIX, '$1') : name] = properties[name];
  }
  c.news.user = { user: { ...(c.uidHere && { uid: c.uidHere }), ...(!isEmpty(c.traits) && { properties: JSON.parse(jsonText(c.traits)) }) } };
}
