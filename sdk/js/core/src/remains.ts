/** What other page loads left in storage (QU-7). It may have been written by another version, or by nobody of ours. */

import { isText, jsonText } from './json-text';
import type { Core } from './machine';
import type { Envelope, Operation } from './ports';
import { OUTBOX, write } from './store';
import { tried } from './tried';

/** What one page load left: its envelopes, the first of which goes next. */
export interface Remains {
  stamp?: undefined;
  /** The request it is under way in, '' when none. */
  request_: string;
  /** Where it is kept in storage, and what is kept there. */
  key_: string;
  text_: string;
  envelopes_: Envelope[];
  /** When its newest operation was made. */
  newest_: number;
}

const AGE_MS_MAX = 2_592_000_000;

/**
 * All there are, in the order of their keys; of too much (QU-9) the newest whole, of the rest what identity needs. What is
 * broken, or 30 days old, is removed (QU-8). `isOwn` says of a page that this page load has it in memory.
 */
export function remainsIn(c: Core, isOwn: (page: string) => unknown): Remains[] {
  const found: Remains[] = [];
  for (const key_ of c.storage.keys(OUTBOX).sort()) {
    if (isOwn(key_.slice(OUTBOX.length))) continue;
    const text_ = c.storage.read(key_) || '';
    const envelopes_ = envelopesIn(text_);
    if (!envelopes_) c.note('broken_remains');
    const newest_ = Math.max(...(envelopes_ || []).map(({ ops }) => ops[ops.length - 1]!.t));
    if (newest_ > c.wallMs() - AGE_MS_MAX) found.push({ key_, text_, envelopes_: envelopes_ as Envelope[], newest_, request_: '' });
    else c.storage.write(key_, null);
  }
  let chars = 0;
  for (const one of [...found].sort((a, b) => b.newest_ - a.newest_)) {
    chars += one.text_.length;
    if (chars > c.settings.outbox_chars_max) thin(c, one);
  }
  return found.filter(({ envelopes_ }) => envelopes_[0]);
}

/** The envelope of `one` that goes next; one of more than `max` operations is cut in two. */
export function headOf({ envelopes_ }: Remains, max: number): Envelope {
  const head = envelopes_[0]!;
  const { ops } = head;
  if (ops.length > max) envelopes_.splice(0, 1, { ...head, ops: ops.slice(0, max) }, { ...head, ops: ops.slice(max) });
  return envelopes_[0]!;
}

/** Leaves of remains their identity operations. */
function thin(c: Core, one: Remains): void {
  if (one.envelopes_.every(({ ops }) => ops.every(isNeeded))) return;
  one.envelopes_ = one.envelopes_
    .map((envelope) => ({ ...envelope, sent: undefined, ops: envelope.ops.filter(isNeeded) }))
    .filter(({ ops }) => ops[0]);
  one.text_ = jsonText(one.envelopes_);
  write(c, one.key_, one.envelopes_[0] ? one.text_ : null);
  c.note('outbox_full');
}

/** Whether without this operation it would not be known who was there. */
export function isNeeded({ op }: Operation): boolean {
  return op == 'end' || op == 'identify';
}

/** The envelopes in what a page load left; nothing when it is not such JSON. */
function envelopesIn(text: string): Envelope[] | false | undefined {
  const isNumber = (one: unknown, min: number): boolean => typeof one == 'number' && one >= min;
  const isOperation = ({ op, n, t }: any): unknown => isText(op) && isNumber(n, 1) && isNumber(t, 0);
  const isEnvelope = ({ device, session, page, started, ops }: any): unknown =>
    isText(device) && isText(session) && isText(page) && isNumber(started, 0) && ops[0] && ops.every(isOperation);
  return tried(() => {
    const found = JSON.parse(text);
    return found.every(isEnvelope) && found;
  });
}
