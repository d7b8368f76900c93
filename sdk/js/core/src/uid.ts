/** What may be a uid (ID-9). */

const UID_CHARS_MAX = 256;
const PLACEHOLDER = /^(undefined|null|NaN|\[object Object\])$/;
const SUSPICIOUS = /^(anonymous|guest|user|0|[^@\s]+@[^@\s]+\.[^@\s]+)$/;

/** Whether `text` has more than `max` Unicode code points. */
export function isTooLong(text: string, max: number): boolean {
  return text.length > max && [...text].length > max;
}

/** The uid as a string; null when it is none. */
export function uidText(given: unknown): string | null {
  const uid = typeof given == 'number' && isFinite(given) ? String(given) : given;
  return typeof uid != 'string' || !uid.trim() || isTooLong(uid, UID_CHARS_MAX) ? null : uid;
}

/** Whether a uid is what a bug made of none. */
export function isPlaceholder(uid: string): boolean {
  return PLACEHOLDER.test(uid);
}

/** Whether an accepted uid is likely not one person's. */
export function isSuspicious(uid: string): boolean {
  return SUSPICIOUS.test(uid);
}
