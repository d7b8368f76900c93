/** Which texts are no uid, and which are likely not one person's: the patterns of spec/uids.json, which a test compares (ID-9.1). */

const EMPTY = /^[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*$|\ufffd|\p{Cs}/u;
const PLACEHOLDER = /^[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*(undef|null|none|nil|nan|void|n\/a|true|false|infinity|not[_\W]set|_*(your_)?user[_\W]?id_*|[-./]|(urn:uuid:|0x|[-./:0])[-./:0]+|[-f]{32,})[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*$|undefined|\[object |\{(?![\da-f-]{32})|<[%?]|\[\[|%[a-z_.]{3,}%|%[(!s@]|=>|function[ (]/i;
const SUSPICIOUS = /^[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*(anon(ymous)?|guest|unknown|visitor|default|user|admin|root|test(user)?\d*|demo|u?id|-1|0|[^@ ]+@[^@ ]+\.[^@ ]+|[^@]+[-_:](null|none))[\s\0-,:-@[-^`{-\xb4\xbb\u061c\u180e\u2000-\u206f]*$/i;

/** Whether there is something in it to see, and nothing of it is lost. */
export function isLegible(uid: string): boolean {
  return !EMPTY.test(uid);
}

/** Whether a uid is what a bug made of none. */
export function isPlaceholder(uid: string): boolean {
  return PLACEHOLDER.test(uid);
}

/** Whether an accepted uid is likely not one person's. */
export function isSuspicious(uid: string): boolean {
  return SUSPICIOUS.test(uid);
}
