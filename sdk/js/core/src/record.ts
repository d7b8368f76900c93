/** The identity record: which device and session this browser has, in one line of text (ST-2), and whose the device is (ST-3). */

import type { Core } from './machine';

const YEAR_MS = 31_536_000_000;
/** What stands for the key is one only if it has that form (ST-8). */
const FORM =
  /^#([^#]+)#([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}):([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}):(\d{1,15}):(?:([\da-f]{32})|[^:#]*):(\d{1,9})(?:#((?:[\da-f]{8}){0,2}))?#\/(\d{1,12})$/;

export interface Identity {
  device: string;
  session: string;
  /** When the session began, wall ms. */
  began: number;
  /** What shows that an operation comes from this device (ST-8); '' for a record that has none yet. */
  key: string;
  /** Page loads of the session. */
  pages: number;
  /** What `boundTo` gives for the user of the device; '' when unbound. */
  bound: string;
  /** When the record expires, s since 1970. */
  expiry: number;
}

/** The org's record in `text`; null for any other text. It may be past its expiry. */
export function parseRecord(text: string | null, org: string): Identity | null {
  const [, owner, device, session, began, key = '', pages, bound = '', expiry] = FORM.exec(text || '') || [];
  return owner === org ? { device: device!, session: session!, began: +began!, key, pages: +pages!, bound, expiry: +expiry! } : null;
}

export function recordText(org: string, record: Identity): string {
  return `#${org}#${record.device}:${record.session}:${record.began}:${record.key}:${record.pages}${record.bound && '#' + record.bound}#/${record.expiry}`;
}

/** The second that `ms` is in: a new device repeats no instant of the one before it (ST-2). */
export function wholeSecond(ms: number): number {
  return ms - (ms % 1000);
}

/** A fresh, unbound device's record, dated to the whole second (ST-2); expires a year from now. */
export function freshRecord(c: Core): Identity {
  const began = wholeSecond(c.wallMs());
  return { device: c.mint('device'), session: c.mint('session'), began, key: c.mint('key'), pages: 1, bound: '', expiry: (began + YEAR_MS) / 1000 };
}

/** 16 hex digits that stand for `uid` on `device` and nowhere else (ST-3). */
export function boundTo(device: string, uid: string): string {
  const text = device + ':' + uid;
  return fnv1a(text, 0x811c9dc5) + fnv1a(text, 0x9e3779b9);
}

/** FNV-1a over the UTF-16 code units of `text`, from `hash` on, as 8 hex digits. */
function fnv1a(text: string, hash: number): string {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x1000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
