/** What the console says when a call was wrong (ID-9, PR-4): the code, and the correct call. Never a value the page passed. */

const QUIET = /^(already|foreign|broken|released)/;
const OF_IDENTITY = /^[^:]*(uid|anonymous|identity|_released)/;
const CORRECT = ". Log in: FS('setIdentity', {uid}). Log out, on https: FS('setIdentity', {anonymous: true})";

/** Says what a note (`code` or `code:name`) is about, unless that is nobody's mistake. */
export function warn(note: string): void {
  if (!QUIET.test(note)) console.warn('Passerby: ' + note + (OF_IDENTITY.test(note) ? CORRECT : ''));
}
