/** What the console says when a call was wrong (ID-9, PR-4): the code, and the correct call. Never a value the page passed. */

const QUIET = /^(foreign_record|broken_remains|released_device_returned)/;
const HINTS: [RegExp, string][] = [
  [/uid|anonymous|identity/, "log in with FS('setIdentity', {uid: '<id>'}), log out with FS('setIdentity', {anonymous: true})"],
  [/event_name/, "FS('trackEvent', {name: '<1 to 250 characters>', properties: {}})"],
  [/propert/, "FS('setProperties', {type: 'user', properties: {plan: 'pro'}})"],
  [/capturing/, "begin with FS('start') or FS('restart')"],
  [/rate/, 'too many calls in a short time; this one was dropped'],
];

/** The line for a note (`code` or `code:name`); '' for one that is nobody's mistake. */
export function messageOf(note: string): string {
  const hint = HINTS.find(([code]) => code.test(note.split(':')[0]!));
  return QUIET.test(note) ? '' : 'Passerby: ' + note + (hint ? '. ' + hint[1] : '');
}
