/**
 * Operations between their call and the server's answer (QU).
 *
 * An entry is stamped when it is recorded and never again (QU-1). What stands behind one another under the same stamp
 * travels as one bundle (QU-2), one request at a time (QU-4), so no request ever names two devices (PV-1). What other
 * page loads left in storage goes first (QU-7).
 */

import { jsonText } from './json';
import type { Envelope, Operation, Ports } from './ports';
import { tried } from './tried';

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

/** Something that travels; `request_` is the request it is under way in, '' when none. */
interface Traveller {
  request_: string;
}

interface Queued extends Entry, Traveller {
  /** What is alike under one stamp, since a page is of one device. */
  run_: string;
  dueAt_: number;
}

/** What one page load left: its envelopes, the first of which goes next. */
interface Remains extends Traveller {
  stamp?: undefined;
  key_: string;
  text_: string;
  envelopes_: Envelope[];
  /** When its newest operation was made. */
  newest_: number;
}

export interface QueueSettings {
  org: string;
  sdk?: string | undefined;
  flush_ms: number;
  retry_ms: number;
  retry_max_ms: number;
  bundle_operations_max: number;
  queue_operations_max: number;
  outbox_chars_max: number;
}

/** Told of every entry that was answered; `ok` when the server has it. */
export type Answered = (entry: Entry, ok: boolean) => void;

const OUT = 'fs_out.';
const REMAINS_AGE_MS_MAX = 2_592_000_000;
const FIRST_TO_GO = /^(event|log|page)$/;
const OUTBOX_CHARS_SMALL = 8192;
const REFUSED = /^4(?!08|25|29)/;
const TELLS_WHEN = /^(429|503) \d+$/;
const NEVER_TO_GO = /^(end|identify)$/;

export type Queue = ReturnType<typeof makeQueue>;

/** `store` writes, or removes where the value is null. */
export function makeQueue(ports: Ports, settings: QueueSettings, answered: Answered, store: (key: string, value: string | null) => void) {
  const { storage, note, wallMs, setTimer, clearTimer } = ports;
  let entries: Queued[] = [];
  const remains: Remains[] = [];
  let requests = 0;
  let attempts = 0;
  let isWaiting = false;
  /** Requests without an answer; what they carried may have been dropped meanwhile (QU-8). */
  const underWay = new Set<string>();
  let operationsMax = Infinity;

  function add(stamp: Stamp, operation: Operation): Entry {
    const entry: Queued = { stamp, operation_: operation, run_: stamp.page + stamp.session, dueAt_: operation.t + settings.flush_ms, request_: '' };
    entries.push(entry);
    const mine = of(stamp.page);
    const victim =
      mine.length > settings.queue_operations_max &&
      (mine.find(({ operation_ }) => FIRST_TO_GO.test(operation_.op)) || mine.find(({ operation_ }) => !isNeeded(operation_)));
    if (victim) {
      entries.splice(entries.indexOf(victim), 1);
      note('queue_full');
    }
    if (isNeeded(operation)) {
      hurry();
      persist(stamp.page);
    }
    return entry;
  }

  function of(page: string): Queued[] {
    return entries.filter(({ stamp }) => stamp.page == page);
  }

  /**
   * Puts what is unanswered of one page where the next page load finds it (QU-6); nothing left removes it. Where that
   * would be too much, identity operations alone are kept (QU-9).
   */
  function persist(page: string): void {
    const mine = of(page);
    const key = OUT + page;
    if (mine[0]) store(key, outbox(mine, key));
    else if (storage.read(key) !== null) store(key, null);
  }

  /** What is kept of `mine` under `own`: where all outboxes together would be too large, identity operations alone (QU-9). */
  function outbox(mine: Queued[], own: string): string {
    const text = textOf(mine);
    if (text.length < OUTBOX_CHARS_SMALL) return text;
    const others = storage.keys(OUT).map((key) => (key == own ? '' : storage.read(key)));
    if ((others.join('') + text).length <= settings.outbox_chars_max) return text;
    note('outbox_full');
    return textOf(mine.filter(({ operation_ }) => isNeeded(operation_)));
  }

  function textOf(mine: Queued[]): string {
    return jsonText(bundles(mine).map(enveloped));
  }

  function persistAll(): void {
    new Set(entries.map(({ stamp }) => stamp.page)).forEach(persist);
  }

  /** Takes up what other page loads left (QU-7); of too much (QU-9) the newest whole, of the rest what identity needs. */
  function takeRemains(): void {
    const found: Remains[] = [];
    for (const key_ of storage.keys(OUT).sort()) {
      if (of(key_.slice(OUT.length))[0]) continue;
      const text_ = storage.read(key_) || '';
      const envelopes_ = envelopesIn(text_);
      if (!envelopes_) note('broken_remains');
      const newest_ = Math.max(...(envelopes_ || []).map(({ ops }) => ops[ops.length - 1]!.t));
      if (newest_ > wallMs() - REMAINS_AGE_MS_MAX) found.push({ key_, text_, envelopes_: envelopes_!, newest_, request_: '' });
      else storage.write(key_, null);
    }
    let chars = 0;
    for (const one of [...found].sort((a, b) => b.newest_ - a.newest_)) {
      chars += one.text_.length;
      if (chars > settings.outbox_chars_max) thin(one);
    }
    remains.push(...found.filter(({ envelopes_ }) => envelopes_[0]));
  }

  /** Leaves of remains their identity operations. */
  function thin(one: Remains): void {
    one.envelopes_ = one.envelopes_
      .map((envelope) => ({ ...envelope, ops: envelope.ops.filter(isNeeded) }))
      .filter(({ ops }) => ops[0]);
    one.text_ = jsonText(one.envelopes_);
    store(one.key_, one.envelopes_[0] ? one.text_ : null);
    note('outbox_full');
  }

  /** Sends what is due, or sets the timer for it. */
  function pump(): void {
    const now = wallMs();
    const first = entries[0];
    clearTimer('flush');
    if (isWaiting || underWay.size) return;
    if (remains[0]) send([remains[0]], remains[0].envelopes_[0]!, false);
    else if (first) {
      first.dueAt_ = Math.min(first.dueAt_, now + settings.flush_ms);
      if (first.dueAt_ > now) return setTimer('flush', first.dueAt_);
      hurry();
      sendQueued(bundles(entries)[0]!, false);
    }
  }

  /** Everything unsent is due. */
  function hurry(): void {
    for (const entry of entries) entry.dueAt_ = 0;
  }

  function timer(name: 'flush' | 'retry'): void {
    if (name == 'retry') isWaiting = false;
    else hurry();
    pump();
  }

  /** Sends everything at once, since the page may not come back (QU-3). */
  function leave(): void {
    persistAll();
    isWaiting = false;
    clearTimer('retry');
    for (const bundle of bundles(entries.filter(({ request_ }) => !request_))) sendQueued(bundle, true);
    clearTimer('flush');
  }

  /** No request that is under way will find an answer any more: what they carry goes again. */
  function revive(): void {
    [...underWay].forEach(land);
    pump();
  }

  /**
   * The answer to request `id`, and its header `Retry-After`; status 0: there was none. An id nobody knows is an answer
   * that came twice. What has no answer yet goes again later (QU-5).
   */
  function reply(id: string, status: number, retryAfter: string | null, body: any): void {
    const flight = land(id);
    if (!flight) return;
    // Only what the service itself says is an answer: a portal, a proxy or a service worker may say anything else.
    const head = status + ' ' + retryAfter;
    const isOk = /^2/.test(head) && Number.isInteger(body?.stored);
    const isTooLarge = status == 413;
    if (isTooLarge && flight[1]) operationsMax = Math.ceil(flight.length / 2);
    else if (isOk || isTooLarge || (REFUSED.test(head) && typeof body?.code == 'string')) {
      if (isOk) attempts = 0;
      else note('bundle_refused');
      done(flight, isOk && body);
    } else {
      const wait = Math.min(settings.retry_max_ms, settings.retry_ms * 2 ** attempts++) * (0.5 + ports.random() / 2);
      persistAll();
      isWaiting = true;
      setTimer('retry', wallMs() + Math.max(Math.floor(wait), TELLS_WHEN.test(head) ? +retryAfter! * 1000 : 0));
    }
    pump();
  }

  /** What was under way in request `id`, and is no more. */
  function land(id: string): (Queued | Remains)[] | false {
    const flight = [...remains, ...entries].filter(({ request_ }) => request_ == id);
    for (const one of flight) {
      one.request_ = '';
      if (one.stamp) one.dueAt_ = 0;
    }
    return underWay.delete(id) && flight;
  }

  /** `flight` was answered: it is refused (false), or stored, but for operations `refused` by name; `notes` are on properties. */
  function done(flight: (Queued | Remains)[], stored: false | { refused?: unknown; notes?: unknown }): void {
    const { refused, notes } = stored as { refused?: unknown; notes?: unknown };
    const named = list(refused);
    named.forEach(({ code }) => note('refused:' + code));
    list(notes).forEach(({ code, name }) => note(code + (name ? ':' + name : '')));
    entries = entries.filter((entry) => !flight.includes(entry));
    for (const one of flight) {
      if (one.stamp) {
        answered(one, !!stored && !named.some(({ n }) => n == one.operation_.n));
        if (one == flight[flight.length - 1]) persist(one.stamp.page);
      } else if (one.envelopes_.shift() && !one.envelopes_[0]) {
        remains.shift();
        if (storage.read(one.key_) == one.text_) storage.write(one.key_, null);
      }
    }
  }

  /** `some` as runs under one stamp, each within a bundle's bounds. */
  function bundles(some: Queued[]): Queued[][] {
    const found: Queued[][] = [];
    for (const entry of some) {
      const last = found[found.length - 1];
      if (last && last.length < Math.min(operationsMax, settings.bundle_operations_max) && last[0]!.run_ == entry.run_) last.push(entry);
      else found.push([entry]);
    }
    return found;
  }

  /** A bundle as it is kept; `sent` is added when it travels (WI-2). */
  function enveloped(bundle: Queued[]): Envelope {
    return { v: 1, org: settings.org, ...bundle[0]!.stamp, sdk: settings.sdk, ops: bundle.map(({ operation_ }) => operation_) };
  }

  function sendQueued(bundle: Queued[], isLeaving: boolean): void {
    send(bundle, enveloped(bundle), isLeaving);
  }

  function send(flight: Traveller[], envelope: Envelope, leaving: boolean): void {
    const id = 'r' + ++requests;
    for (const one of flight) one.request_ = id;
    underWay.add(id);
    ports.send({ id, bundle: { ...envelope, sent: wallMs() }, leaving });
  }

  return {
    /** Everything not yet answered, oldest first. */
    entries: (): readonly Entry[] => entries,
    add,
    takeRemains,
    pump,
    timer,
    leave,
    revive,
    reply,
  };
}

/** Whether without this operation it would not be known who was there. */
function isNeeded({ op }: Operation): boolean {
  return NEVER_TO_GO.test(op);
}

/** What a reply has to say of single operations, if it has that form (WI-6). */
function list(given: unknown): { n: number; code: string; name?: string }[] {
  return Array.isArray(given) ? given.filter((one) => one && one.n >= 0) : [];
}

/** The envelopes in what a page load left; null when it is not such JSON. */
function envelopesIn(text: string): Envelope[] | null {
  const isWhole = (one: any): boolean =>
    one.device && one.session && one.page && one.started >= 0 && one.ops[0] && one.ops.every((op: any) => op.op && op.n && op.t >= 0);
  return tried(() => {
    const found = JSON.parse(text);
    return Array.isArray(found) && found.every(isWhole) ? found : null;
  }, null);
}
