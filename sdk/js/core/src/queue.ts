/**
 * Operations between their call and the server's answer (QU).
 *
 * An entry is stamped when it is recorded and never again (QU-1). What stands behind one another under the same stamp
 * travels as one bundle (QU-2), one request at a time (QU-4), so no request ever names two devices (PV-1). What other
 * page loads left in storage goes first (QU-7).
 */

import { answered } from './acknowledgements';
import { isText, jsonText } from './json-text';
import type { Core } from './machine';
import type { Envelope, Operation } from './ports';
import { headOf, isNeeded, type Remains, remainsIn } from './remains';
import { OUTBOX, write } from './store';

export interface Stamp {
  device: string;
  session: string;
  page: string;
  started: number;
  /** What shows that the operations come from this device (ST-8). */
  key: string | undefined;
}

export interface Entry {
  stamp: Stamp;
  operation_: Operation;
}

interface Queued extends Entry {
  /** The request it is under way in, '' when none. */
  request_: string;
  /** What is alike under one stamp, since a page is of one device. */
  run_: string;
  dueAt_: number;
}

export interface QueueState {
  /** What this core recorded itself and is not answered yet, oldest first. */
  queued: Queued[];
  remains: Remains[];
  /** Requests made so far. */
  requests: number;
  attempts: number;
  /** Whether the timer `retry` is awaited. */
  isRetrying?: boolean;
  /** Requests without an answer, with how many operations they carry; those may have been dropped meanwhile (QU-8). */
  underWay: Map<string, number>;
  /** How many operations a bundle may hold, as answers have shown (QU-5). */
  operationsMax: number;
}

const FIRST_TO_GO = /^(event|log|page)$/;
const OUTBOX_CHARS_SMALL = 8192;
const DAY_S = 86_400;
const REFUSED = /^4(?!08|25|29)/;
const TELLS_WHEN = /^(?:429|503) [ \t]*(\d{1,9})[ \t]*$/;

/** Records `operation`; one of identity is in storage with the rest of its page when this returns (QU-6). */
export function add(c: Core, stamp: Stamp, operation: Operation): Entry {
  const entry: Queued = { stamp, operation_: operation, run_: stamp.page + stamp.session, dueAt_: operation.t + c.settings.flush_ms, request_: '' };
  c.queued.push(entry);
  const mine = of(c, stamp.page);
  const victim =
    mine.length > c.settings.queue_operations_max &&
    (mine.find((one) => FIRST_TO_GO.test(one.operation_.op)) || mine.find((one) => !isNeeded(one.operation_)));
  if (victim) {
    c.queued = c.queued.filter((one) => one != victim);
    c.note('queue_full');
  }
  if (isNeeded(operation)) {
    hurry(c);
    persist(c, stamp.page);
  }
  return entry;
}

function of(c: Core, page: string): Queued[] {
  return c.queued.filter(({ stamp }) => stamp.page == page);
}

/** Puts what is unanswered of one page where the next page load finds it (QU-6); nothing left removes it. */
function persist(c: Core, page: string): void {
  const mine = of(c, page);
  const key = OUTBOX + page;
  if (mine[0]) write(c, key, outbox(c, mine, key));
  else if (c.storage.read(key) !== null) write(c, key, null);
}

/** What is kept of `mine` under `own`: where all outboxes together would be too large, identity operations alone (QU-9). */
function outbox(c: Core, mine: Queued[], own: string): string {
  const text = textOf(c, mine);
  if (text.length < OUTBOX_CHARS_SMALL) return text;
  const others = c.storage.keys(OUTBOX).map((key) => (key == own ? '' : c.storage.read(key)));
  const needed = mine.filter(({ operation_ }) => isNeeded(operation_));
  if ((others.join('') + text).length <= c.settings.outbox_chars_max || !mine[needed.length]) return text;
  c.note('outbox_full');
  return textOf(c, needed);
}

function textOf(c: Core, mine: Queued[]): string {
  return jsonText(bundles(c, mine).map((bundle) => enveloped(c, bundle)));
}

function persistAll(c: Core): void {
  new Set(c.queued.map(({ stamp }) => stamp.page)).forEach((page) => persist(c, page));
}

/** Takes up what other page loads left (QU-7). */
export function takeRemains(c: Core): void {
  c.remains.push(...remainsIn(c, (page) => of(c, page)[0]));
}

/** Sends what is due, or sets the timer for it. */
export function pump(c: Core): void {
  const now = c.wallMs();
  const first = c.queued[0];
  const other = c.remains[0];
  c.clearTimer('flush');
  if (c.isRetrying || c.underWay.size) return;
  if (other) send(c, [other], false, headOf(other, c.operationsMax));
  else if (first) {
    first.dueAt_ = Math.min(first.dueAt_, now + c.settings.flush_ms);
    if (first.dueAt_ > now) return c.setTimer('flush', first.dueAt_);
    hurry(c);
    send(c, bundles(c, c.queued)[0]!, false);
  }
}

/** Everything unsent is due. */
export function hurry(c: Core): void {
  for (const entry of c.queued) entry.dueAt_ = 0;
}

/** Sends everything of this page's own at once, since the page may not come back (QU-3). Remains are safe where they are. */
export function sendAll(c: Core): void {
  persistAll(c);
  if (c.remains.every(({ request_ }) => request_)) {
    c.isRetrying = false;
    c.clearTimer('retry');
  }
  for (const bundle of bundles(c, c.queued.filter(({ request_ }) => !request_))) send(c, bundle, true);
}

/** No request that is under way will find an answer any more: what they carry goes again. */
export function revive(c: Core): void {
  c.underWay.forEach((_, id) => land(c, id));
}

/**
 * The answer to request `id`, and its header `Retry-After`; status 0: there was none. An id nobody knows is an answer
 * that came twice. What has no answer yet goes again later (QU-5).
 */
export function reply(c: Core, id: string, status: number, retryAfter: string | null, body: any): void {
  const carried = c.underWay.get(id);
  if (carried) answer(c, land(c, id), carried, status, retryAfter, body);
  pump(c);
}

function answer(c: Core, flight: (Queued | Remains)[], carried: number, status: number, retryAfter: string | null, body: any): void {
  // Only what the service itself says is an answer: a portal, a proxy or a service worker may say anything else.
  const head = status + ' ' + retryAfter;
  const isOk = /^2/.test(head) && Number.isInteger(body?.stored);
  const isTooLarge = status == 413;
  if (isTooLarge && carried > 1) c.operationsMax = Math.min(c.operationsMax, Math.ceil(carried / 2));
  else if (isOk || isTooLarge || (REFUSED.test(head) && typeof body?.code == 'string')) {
    if (isOk) c.attempts = 0;
    else c.note('bundle_refused');
    finish(c, flight, isOk && body);
  } else retry(c, +(TELLS_WHEN.exec(head)?.[1] || 0));
}

/** Has what found no answer sent again after a while, or when the service said. */
function retry(c: Core, told: number): void {
  const wait = Math.min(c.settings.retry_max_ms, c.settings.retry_ms * 2 ** c.attempts++) * (0.5 + c.random() / 2);
  persistAll(c);
  c.isRetrying = true;
  c.setTimer('retry', c.wallMs() + Math.max(Math.floor(wait), Math.min(told, DAY_S) * 1000));
}

/** What was under way in request `id`, and is no more. */
function land(c: Core, id: string): (Queued | Remains)[] {
  const flight = [...c.remains, ...c.queued].filter(({ request_ }) => request_ == id);
  for (const one of flight) {
    one.request_ = '';
    if (one.stamp) one.dueAt_ = 0;
  }
  c.underWay.delete(id);
  return flight;
}

/** `flight` was answered: it is refused (false), or stored, but for operations `refused` by name; `notes` are on properties. */
function finish(c: Core, flight: (Queued | Remains)[], stored: false | { refused?: unknown; notes?: unknown }): void {
  const { refused, notes } = stored as { refused?: unknown; notes?: unknown };
  const named = list(refused);
  for (const { code } of named) c.note('refused:' + code);
  for (const { code, name } of list(notes)) c.note(code + (isText(name) ? ':' + name : ''));
  c.queued = c.queued.filter((entry) => !flight.includes(entry));
  for (const one of flight) {
    if (one.stamp) {
      answered(c, one, !!stored && !named.some(({ n }) => n == one.operation_.n));
      if (one == flight[flight.length - 1]) persist(c, one.stamp.page);
    } else if (one.envelopes_.shift() && !one.envelopes_[0]) {
      c.remains.shift();
      if (c.storage.read(one.key_) == one.text_) c.storage.write(one.key_, null);
    }
  }
}

/** `some` as runs under one stamp, each within a bundle's bounds. */
function bundles(c: Core, some: Queued[]): Queued[][] {
  const found: Queued[][] = [];
  for (const entry of some) {
    const last = found[found.length - 1];
    if (last && last.length < Math.min(c.operationsMax, c.settings.bundle_operations_max) && last[0]!.run_ == entry.run_) last.push(entry);
    else found.push([entry]);
  }
  return found;
}

/** A bundle as it is kept; `sent` is added when it travels (WI-2). */
function enveloped(c: Core, bundle: Queued[]): Envelope {
  return { v: 1, org: c.settings.org, ...bundle[0]!.stamp, sdk: c.settings.sdk, ops: bundle.map(({ operation_ }) => operation_) };
}

function send(c: Core, flight: (Queued | Remains)[], leaving: boolean, envelope = enveloped(c, flight as Queued[])): void {
  const id = 'r' + ++c.requests;
  for (const one of flight) one.request_ = id;
  c.underWay.set(id, envelope.ops.length);
  c.send({ id, bundle: { ...envelope, sent: c.wallMs() }, leaving });
}

/** What a reply has to say of single operations, if it has that form (WI-6). */
function list(given: unknown): { n: number; code: string; name?: unknown }[] {
  return Array.isArray(given) ? given.filter((one) => Number.isInteger(one?.n) && one.n >= 0 && typeof one.code == 'string') : [];
}
