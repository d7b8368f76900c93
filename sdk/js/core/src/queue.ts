/**
 * Operations between their call and the server's answer (QU).
 *
 * An entry is stamped when it is recorded and never again (QU-1). What stands behind one another under the same stamp
 * travels as one bundle (QU-2), one request at a time (QU-4), so no request ever names two devices (PV-1). What other
 * page loads left in storage goes first (QU-7).
 */

import type { Ports } from './ports';
import { bytes } from './properties';

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

interface Queued extends Entry {
  json_: string;
  dueAt_: number;
  request_: string;
}

interface Remains {
  key_: string;
  text_: string;
  envelopes_: Envelope[];
  unanswered_: number;
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
  bundle_bytes_max: number;
  queue_operations_max: number;
}

/** Told of every entry that was answered; `ok` when the server has it. */
export type Answered = (entry: Entry, ok: boolean) => void;

export const OUT = 'fs_out.';
const REMAINS_AGE_MS_MAX = 2_592_000_000;
const FIRST_TO_GO = /^(event|log|page)$/;
const NEXT_TO_GO = /^(properties|consent)$/;
const RETRIED_4XX = /^(408|425|429)$/;
const PATH = '/rec/bundle';

export class Queue {
  private entries_: Queued[] = [];
  private remains_: Remains[] = [];
  private readonly flights_: Record<string, Queued[] | Remains> = {};
  private underWay_ = 0;
  private requests_ = 0;
  private attempts_ = 0;
  private isWaiting_ = false;
  private operationsMax_ = this.settings_.bundle_operations_max;

  constructor(
    private readonly ports_: Ports,
    private readonly settings_: QueueSettings,
    private readonly answered_: Answered,
    private readonly store_: (key: string, value: string) => void,
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
    if (operation.op == 'end' || operation.op == 'identify') {
      this.hurry_();
      this.persist(stamp.page);
    }
    return entry;
  }

  private makeRoom_(page: string): void {
    const mine = this.entries_.filter((entry) => entry.stamp.page == page);
    if (mine.length <= this.settings_.queue_operations_max) return;
    const victim = mine.find((one) => FIRST_TO_GO.test(one.operation.op)) || mine.find((one) => NEXT_TO_GO.test(one.operation.op));
    if (!victim) return;
    this.entries_.splice(this.entries_.indexOf(victim), 1);
    this.ports_.note('queue_full');
  }

  /** Puts what is unanswered of one page, or of all, where the next page load finds it (QU-6). */
  persist(page?: string): void {
    const pages = page ? [page] : Array.from(new Set(this.entries_.map((entry) => entry.stamp.page)));
    for (const one of pages) {
      const bundles = this.bundles_(this.entries_.filter((entry) => entry.stamp.page == one));
      this.store_(OUT + one, '[' + bundles.map((bundle) => this.text_(bundle)).join() + ']');
    }
  }

  /** Takes up what other page loads left (QU-7). */
  takeRemains(): void {
    const { storage, note, wallMs } = this.ports_;
    for (const key_ of storage.keys(OUT).sort()) {
      const text_ = storage.read(key_) || '';
      const envelopes_ = envelopesIn(text_);
      if (!envelopes_) note('broken_remains');
      const newest = Math.max(...(envelopes_ || []).map(({ ops }) => ops[ops.length - 1]!.t));
      if (newest > wallMs() - REMAINS_AGE_MS_MAX) {
        this.remains_.push({ key_, text_, envelopes_: envelopes_!, unanswered_: envelopes_!.length });
      } else storage.remove(key_);
    }
  }

  /** Sends what is due, or sets the timer for it. */
  pump(): void {
    const { ports_ } = this;
    if (!this.underWay_ && !this.isWaiting_) {
      const remains = this.remains_[0];
      const first = this.entries_[0];
      if (remains) return this.sendRemains_(remains);
      if (first) {
        const now = ports_.wallMs();
        first.dueAt_ = Math.min(first.dueAt_, now + this.settings_.flush_ms);
        if (first.dueAt_ > now) return ports_.setTimer('flush', first.dueAt_);
        this.hurry_();
        this.sendBundle_(this.bundles_(this.entries_)[0]!, false);
      }
    }
    ports_.clearTimer('flush');
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
    this.persist();
    this.isWaiting_ = false;
    this.ports_.clearTimer('retry');
    for (const bundle of this.bundles_(this.entries_.filter((entry) => !entry.request_))) this.sendBundle_(bundle, true);
    this.ports_.clearTimer('flush');
  }

  /** The answer to request `id`; an id nobody knows is an answer that came twice. */
  reply(id: string, status: number, headers: Record<string, string>, body: any): void {
    const flight = this.flights_[id];
    if (!flight) return;
    if (status >= 200 && status < 300) {
      this.attempts_ = 0;
      return this.done_(id, body && Array.isArray(body.refused) ? body.refused : []);
    }
    if (status == 413 && Array.isArray(flight) && flight.length > 1) {
      this.operationsMax_ = Math.ceil(flight.length / 2);
      this.land_(id);
      return this.pump();
    }
    if (status >= 400 && status < 500 && !RETRIED_4XX.test(String(status))) {
      this.ports_.note('bundle_refused');
      return this.done_(id, null);
    }
    const named = Object.keys(headers).find((name) => name.toLowerCase() == 'retry-after');
    const after = named && /^(429|503)$/.test(String(status)) && /^\d+$/.test(headers[named]!) ? +headers[named]! : 0;
    this.failed(id, after * 1000);
  }

  /** Request `id` got no answer, or one that asks to try again after `afterMs`. */
  failed(id: string, afterMs: number): void {
    if (!this.land_(id)) return;
    this.persist();
    const { retry_ms, retry_max_ms } = this.settings_;
    const wait = Math.min(retry_max_ms, retry_ms * 2 ** this.attempts_++) * (0.5 + this.ports_.random() / 2);
    this.isWaiting_ = true;
    this.ports_.setTimer('retry', this.ports_.wallMs() + Math.max(Math.floor(wait), afterMs));
    this.pump();
  }

  private land_(id: string): Queued[] | Remains | undefined {
    const flight = this.flights_[id];
    if (flight) this.underWay_--;
    if (Array.isArray(flight)) for (const entry of flight) entry.request_ = '';
    delete this.flights_[id];
    return flight;
  }

  /** `refused` are the operations a 2xx names; null: the bundle as a whole. */
  private done_(id: string, refused: { n: number; code: string }[] | null): void {
    const flight = this.land_(id)!;
    const names: Record<number, boolean> = {};
    for (const one of refused || []) {
      if (!one || !(one.n >= 0)) continue;
      names[one.n] = true;
      this.ports_.note('refused:' + one.code);
    }
    if (Array.isArray(flight)) {
      this.entries_ = this.entries_.filter((entry) => !flight.includes(entry));
      this.restore_(flight[0]!.stamp.page);
      for (const entry of flight) this.answered_(entry, !!refused && !names[entry.operation.n]);
    } else if (!--flight.unanswered_) {
      this.remains_.splice(this.remains_.indexOf(flight), 1);
      const { storage } = this.ports_;
      if (storage.read(flight.key_) == flight.text_) storage.remove(flight.key_);
    }
    this.pump();
  }

  /** Keeps storage in step with a page whose operations were answered. */
  private restore_(page: string): void {
    const { storage } = this.ports_;
    if (this.entries_.some((entry) => entry.stamp.page == page)) this.persist(page);
    else if (storage.read(OUT + page) !== null) storage.remove(OUT + page);
  }

  /** `entries` as runs under one stamp, each within a bundle's bounds. */
  private bundles_(entries: Queued[]): Queued[][] {
    const bundles: Queued[][] = [];
    let last: Queued[] | undefined;
    let size = 0;
    for (const entry of entries) {
      const weight = entry.json_.length;
      const fits = last && last.length < this.operationsMax_ && size + weight <= this.settings_.bundle_bytes_max;
      if (!last || !fits || !isSame(last[0]!.stamp, entry.stamp)) {
        bundles.push((last = []));
        size = 0;
      }
      last.push(entry);
      size += weight > 1024 ? bytes(entry.json_) : weight;
    }
    return bundles;
  }

  /** The envelope of a bundle, as JSON (WI-2). */
  private text_(bundle: Queued[], sent?: number): string {
    const { org, sdk } = this.settings_;
    const { device, session, page, started } = bundle[0]!.stamp;
    const head = JSON.stringify({ v: 1, org, device, session, page, started, sent, sdk });
    return head.slice(0, -1) + ',"ops":[' + bundle.map((entry) => entry.json_).join() + ']}';
  }

  private sendBundle_(bundle: Queued[], leaving: boolean): void {
    this.fly_(bundle, this.text_(bundle, this.ports_.wallMs()), leaving);
  }

  private sendRemains_(remains: Remains): void {
    const next = remains.envelopes_[remains.envelopes_.length - remains.unanswered_]!;
    this.fly_(remains, JSON.stringify({ ...next, sent: this.ports_.wallMs() }), false);
    this.ports_.clearTimer('flush');
  }

  private fly_(flight: Queued[] | Remains, body: string, leaving: boolean): void {
    const id = 'r' + ++this.requests_;
    this.flights_[id] = flight;
    this.underWay_++;
    if (Array.isArray(flight)) for (const entry of flight) entry.request_ = id;
    this.ports_.send({ id, method: 'POST', path: PATH, body, leaving });
  }
}

/** The envelopes in what a page load left; null when it is not such JSON. */
function envelopesIn(text: string): Envelope[] | null {
  try {
    const found = JSON.parse(text);
    const isWhole = (one: any): boolean =>
      one.device && one.session && one.page && one.started >= 0 && one.ops.length && one.ops.every((op: any) => op.op && op.n && op.t >= 0);
    return Array.isArray(found) && found.every(isWhole) ? found : null;
  } catch (_) {
    return null;
  }
}

function isSame(one: Stamp, other: Stamp): boolean {
  return one.device == other.device && one.session == other.session && one.page == other.page;
}
