/** What may be a uid (ID-9). The patterns are those of spec/uids.json, which a test compares. */

const UID_CHARS_MAX = 256;
const EMPTY = /^[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*$|\ufffd/;
const HALF = /\p{Cs}/u;
const PLACEHOLDER = /^[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*(undef|null|none|nil|nan|void|n\/a|true|false|infinity|not[_\W]set|_*(your_)?user[_\W]?id_*|[-./]|(urn:uuid:|0x|[-./:0])[-./:0]+|[-f]{32,})[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*$|undefined|\[object |\{(?![\da-f-]{32})|<[%?]|\[\[|%[a-z_.]{3,}%|%[(!s@]|=>|function[ (]/i;
const SUSPICIOUS = /^[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*(anon(ymous)?|guest|unknown|visitor|default|user|admin|root|test(user)?\d*|demo|u?id|-1|0|[^@ ]+@[^@ ]+\.[^@ ]+|[^@]+[-_:](null|none))[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*$/i;

/** Whether `text` has more than `max` Unicode code points. */
export function isTooLong(text: string, max: number): boolean {
  return text.length > max && [...text].length > max;
}

/** The uid as a string; null when it is none. */
export function uidText(given: unknown): string | null {
  const uid = typeof given == 'number' && Math.abs(given) < 2 ** 53 ? String(given) : given;
  return typeof uid != 'string' || isTooLong(uid, UID_CHARS_MAX) || EMPTY.test(uid) || HALF.test(uid) ? null : uid;
}

/** Whether a uid is what a bug made of none. */
export function isPlaceholder(uid: string): boolean {
  return PLACEHOLDER.test(uid);
}

/** Whether an accepted uid is likely not one person's. */
export function isSuspicious(uid: string): boolean {
  return SUSPICIOUS.test(uid);
}
