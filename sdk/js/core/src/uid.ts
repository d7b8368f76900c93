/** What may be a uid (ID-9). */

import type { ErrorCode } from './codes';

const UID_CHARS_MAX = 256;
const PLACEHOLDER = /^(undefined|null|NaN|\[object Object\])$/;
const SUSPICIOUS = /^(anonymous|guest|user|0|[^@\s]+@[^@\s]+\.[^@\s]+)$/;

/** Whether `text` has more than `max` Unicode code points. */
export function isTooLong(text: string, max: number): boolean {
  return text.length > max && [...text].length > max;
}

/** The uid as a string, or the code that refuses it. */
export function checkedUid(given: unknown): { uid: string; error?: ErrorCode } {
  const uid = typeof given == 'number' && isFinite(given) ? String(given) : given;
  if (typeof uid != 'string' || !uid.trim() || isTooLong(uid, UID_CHARS_MAX)) return { uid: '', error: 'invalid_uid' };
  return PLACEHOLDER.test(uid) ? { uid, error: 'placeholder_uid' } : { uid };
}

/** Whether an accepted uid is likely not one person's. */
export function isSuspicious(uid: string): boolean {
  return SUSPICIOUS.test(uid);
}
