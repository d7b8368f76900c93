/** What the console says when a call was wrong (ID-9, PR-4): the code, and the correct call. Never a value the page passed. */

const QUIET = /^(already_|foreign_|broken_|released_)/;
const HINTS: [RegExp, string][] = [
  [/uid|anonymous|identity/, "To log in: FS('setIdentity', {uid: '<id>'}). To log out: FS('setIdentity', {anonymous: true})"],
  [/event/, "FS('trackEvent', {name: '<name>', properties: {}})"],
  [/propert/, "FS('setProperties', {type: 'user', properties: {}})"],
  [/capturing/, "FS('restart') or FS('start') begins"],
];

/** The line for a note (`code` or `code:name`); '' for one that is nobody's mistake. */
export function messageOf(note: string): string {
  const hint = HINTS.find(([code]) => code.test(note));
  return QUIET.test(note) ? '' : `Passerby: ${note}. ${hint ? hint[1] : ''}`;
}
