/**
 * Operations between their call and the server's answer (QU).
 *
 * An entry is stamped when it is recorded and never again (QU-1). What stands behind one another under the same stamp
 * travels as one bundle (QU-2), one request at a time (QU-4), so no request ever names two devices (PV-1). What other
 * page loads left in storage goes first (QU-7).
 */

import type { Ports } from './ports';

export interface Stamp {
  device: string;
  session: string;
  page: string;
  started: number;
}

export interface Operation {
  op: string;
  n: number;
  t: number;
  [member: string]: unknown;
}

export interface Entry {
  stamp: Stamp;
  operation: Operation;
}

/** Something that travels; `request_` is the request it is under way in, '' when none. */
interface Traveller {
  request_: string;
}

interface Queued extends Entry, Traveller {
  json_: string;
  dueAt_: number;
}

/** What one page load left: its envelopes, the first of which goes next. */
interface Remains extends Traveller {
  key_: string;
  text_: string;
  envelopes_: Envelope[];
}

interface Envelope {
  ops: Operation[];
  [member: string]: unknown;
}

export interface QueueSettings {
  org: string;
  sdk?: string | undefined;
  flush_ms: number;
  retry_ms: number;
  retry_max_ms: number;
  bundle_operations_max: number;
  queue_operations_max: number;
}

/** Told of every entry that was answered; `ok` when the server has it. */
export type Answered = (entry: Entry, ok: boolean) => void;

const OUT = 'fs_out.';
const REMAINS_AGE_MS_MAX = 2_592_000_000;
const FIRST_TO_GO = /^(event|log|page)$/;
const NEXT_TO_GO = /^(properties|consent)$/;

export class Queue {
  private entries_: Queued[] = [];
  private remains_: Remains[] = [];
  private requests_ = 0;
  private attempts_ = 0;
  private isWaiting_ = false;
  /** Requests without an answer; what they carried may have been dropped meanwhile (QU-8). */
  private readonly underWay_ = new Set<string>();
  private operationsMax_ = this.settings_.bundle_operations_max;

  constructor(
    private readonly ports_: Ports,
    private readonly settings_: QueueSettings,
    private readonly answered_: Answered,
    private readonly store_: (key: string, value: string | null) => void,
  ) {}

  /** Everything not yet answered, oldest first. */
  get entries(): readonly Entry[] {
    return this.entries_;
  }

  add(stamp: Stamp, operation: Operation): Entry {
    const dueAt_ = operation.t + this.settings_.flush_ms;
    const entry: Queued = { stamp, operation, json_: JSON.stringify(operation), dueAt_, request_: '' };
    this.entries_.push(entry);
    this.makeRoom_(stamp.page);
    if (/^(end|identify)$/.test(operation.op)) {
      this.hurry_();
      this.persist_(stamp.page);
    }
    return entry;
  }

  private of_(page: string): Queued[] {
    return this.entries_.filter(({ stamp }) => stamp.page == page);
  }

  private makeRoom_(page: string): void {
    const mine = this.of_(page);
    if (mine.length <= this.settings_.queue_operations_max) return;
    const oldest = (kind: RegExp): Queued | undefined => mine.find(({ operation }) => kind.test(operation.op));
    const victim = oldest(FIRST_TO_GO) || oldest(NEXT_TO_GO);
    if (!victim) return;
    this.entries_.splice(this.entries_.indexOf(victim), 1);
    this.ports_.note('queue_full');
  }

  /** Puts what is unanswered of one page where the next page load finds it (QU-6); nothing left removes it. */
  private persist_(page: string): void {
    const { storage } = this.ports_;
    const mine = this.of_(page);
    const key = OUT + page;
    if (mine.length) this.store_(key, '[' + this.bundles_(mine).map((bundle) => this.text_(bundle)).join() + ']');
    else if (storage.read(key) !== null) this.store_(key, null);
  }

  private persistAll_(): void {
    new Set(this.entries_.map(({ stamp }) => stamp.page)).forEach((page) => this.persist_(page));
  }

  /** Takes up what other page loads left (QU-7). */
  takeRemains(): void {
    const { storage, note, wallMs } = this.ports_;
    for (const key_ of storage.keys(OUT).sort()) {
      const text_ = storage.read(key_) || '';
      const envelopes_ = envelopesIn(text_);
      if (!envelopes_) note('broken_remains');
      const times = (envelopes_ || []).map(({ ops }) => ops[ops.length - 1]!.t);
      if (Math.max(...times) > wallMs() - REMAINS_AGE_MS_MAX) this.remains_.push({ key_, text_, envelopes_: envelopes_!, request_: '' });
      else storage.remove(key_);
    }
  }

  /** Sends what is due, or sets the timer for it. */
  pump(): void {
    const { ports_, remains_, entries_ } = this;
    const isBusy = this.isWaiting_ || this.underWay_.size;
    const now = ports_.wallMs();
    const first = entries_[0];
    ports_.clearTimer('flush');
    if (isBusy) return;
    if (remains_[0]) this.fly_([remains_[0]], JSON.stringify({ ...remains_[0].envelopes_[0], sent: now }));
    else if (first) {
      first.dueAt_ = Math.min(first.dueAt_, now + this.settings_.flush_ms);
      if (first.dueAt_ > now) return ports_.setTimer('flush', first.dueAt_);
      this.hurry_();
      this.send_(this.bundles_(entries_)[0]!);
    }
  }

  /** Everything unsent is due. */
  private hurry_(): void {
    for (const entry of this.entries_) entry.dueAt_ = 0;
  }

  timer(name: 'flush' | 'retry'): void {
    if (name == 'retry') this.isWaiting_ = false;
    else this.hurry_();
    this.pump();
  }

  /** Sends everything at once, since the page may not come back (QU-3). */
  leave(): void {
    this.persistAll_();
    this.isWaiting_ = false;
    this.ports_.clearTimer('retry');
    for (const bundle of this.bundles_(this.entries_.filter(({ request_ }) => !request_))) this.send_(bundle, true);
    this.ports_.clearTimer('flush');
  }

  /** The answer to request `id`; an id nobody knows is an answer that came twice. */
  reply(id: string, status: number, headers: Record<string, string>, body: any): void {
    const flight = this.land_(id);
    if (!flight) return;
    const isOver = status >= 200 && status < 300;
    if (isOver) this.attempts_ = 0;
    else if (status == 413 && flight.length > 1) this.operationsMax_ = Math.ceil(flight.length / 2);
    else if (!/^4/.test(String(status)) || /^(408|425|429)$/.test(String(status))) {
      const named = /^(429|503)$/.test(String(status)) && Object.keys(headers).find((name) => name.toLowerCase() == 'retry-after');
      return this.putOff_(named && /^\d+$/.test(headers[named]!) ? +headers[named]! * 1000 : 0);
    } else this.ports_.note('bundle_refused');
    if (isOver || status != 413 || !flight[1]) this.done_(flight, isOver, isOver && body ? body : {});
    this.pump();
  }

  /** Request `id` got no answer. */
  failed(id: string): void {
    if (this.land_(id)) this.putOff_(0);
  }

  /** What was under way in request `id`, and is no more. */
  private land_(id: string): (Queued | Remains)[] | false {
    const flight = [...this.remains_, ...this.entries_].filter(({ request_ }) => request_ == id);
    for (const one of flight) {
      one.request_ = '';
      if ('stamp' in one) one.dueAt_ = 0;
    }
    return this.underWay_.delete(id) && flight;
  }

  /** All of it again, later (QU-5), but not before `afterMs`. */
  private putOff_(afterMs: number): void {
    const { ports_, settings_ } = this;
    const wait = Math.min(settings_.retry_max_ms, settings_.retry_ms * 2 ** this.attempts_++) * (0.5 + ports_.random() / 2);
    this.persistAll_();
    this.isWaiting_ = true;
    ports_.setTimer('retry', ports_.wallMs() + Math.max(Math.floor(wait), afterMs));
    ports_.clearTimer('flush');
  }

  /** `flight` was answered; a 2xx may name operations as `refused`, and `notes` on their properties. */
  private done_(flight: (Queued | Remains)[], isOk: boolean, { refused, notes }: { refused?: unknown; notes?: unknown }): void {
    const { storage, note } = this.ports_;
    const named = list(refused);
    named.forEach(({ code }) => note('refused:' + code));
    list(notes).forEach(({ code, name }) => note(code + ':' + name));
    this.entries_ = this.entries_.filter((entry) => !flight.includes(entry));
    for (const one of flight) {
      if ('stamp' in one) {
        this.answered_(one, isOk && !named.some(({ n }) => n == one.operation.n));
        if (one == flight[flight.length - 1]) this.persist_(one.stamp.page);
      } else if (one.envelopes_.shift() && !one.envelopes_[0]) {
        this.remains_.shift();
        if (storage.read(one.key_) == one.text_) storage.remove(one.key_);
      }
    }
  }

  /** `entries` as runs under one stamp, each within a bundle's bounds. */
  private bundles_(entries: Queued[]): Queued[][] {
    const bundles: Queued[][] = [];
    for (const entry of entries) {
      const last = bundles[bundles.length - 1];
      if (last && last.length < this.operationsMax_ && isSame(last[0]!.stamp, entry.stamp)) last.push(entry);
      else bundles.push([entry]);
    }
    return bundles;
  }

  /** The envelope of a bundle, as JSON (WI-2). */
  private text_(bundle: Queued[], sent?: number): string {
    const { org, sdk } = this.settings_;
    const head = JSON.stringify({ v: 1, org, ...bundle[0]!.stamp, sent, sdk });
    return head.slice(0, -1) + ',"ops":[' + bundle.map(({ json_ }) => json_).join() + ']}';
  }

  private send_(bundle: Queued[], isLeaving?: boolean): void {
    this.fly_(bundle, this.text_(bundle, this.ports_.wallMs()), isLeaving);
  }

  private fly_(flight: Traveller[], body: string, leaving = false): void {
    const id = 'r' + ++this.requests_;
    for (const one of flight) one.request_ = id;
    this.underWay_.add(id);
    this.ports_.send({ id, method: 'POST', path: '/rec/bundle', body, leaving });
  }
}

/** What a reply has to say of single operations, if it has that form (WI-6). */
function list(given: unknown): { n: number; code: string; name?: string }[] {
  return Array.isArray(given) ? given.filter((one) => one && one.n >= 0) : [];
}

/** The envelopes in what a page load left; null when it is not such JSON. */
function envelopesIn(text: string): Envelope[] | null {
  try {
    const found = JSON.parse(text);
    const isWhole = (one: any): boolean =>
      one.device && one.session && one.page && one.started >= 0 && one.ops[0] && one.ops.every((op: any) => op.op && op.n && op.t >= 0);
    return Array.isArray(found) && found.every(isWhole) ? found : null;
  } catch (_) {
    return null;
  }
}

function isSame(one: Stamp, other: Stamp): boolean {
  return one.device == other.device && one.session == other.session && one.page == other.page;
}
