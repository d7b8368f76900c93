/** What the console says when a call was wrong: the correct call (ID-9, PR-4). Never a value the page passed. */

const LOG_OUT = "To log out: FS('setIdentity', {anonymous: true})";
const IDENTIFY = "FS('setIdentity', {uid: '<id of your user>'})";

const TEXT: Record<string, string> = {
  invalid_uid: `uid is a non-empty string of at most 256 characters: ${IDENTIFY}. ${LOG_OUT}`,
  placeholder_uid: `the uid is a placeholder that would merge strangers: ${IDENTIFY}. ${LOG_OUT}`,
  uid_and_anonymous: `a call identifies or anonymizes, not both: ${IDENTIFY}. ${LOG_OUT}`,
  invalid_anonymous: `anonymous can only be true. ${LOG_OUT}`,
  empty_identity: `the call asks for nothing: ${IDENTIFY}. ${LOG_OUT}`,
  already_anonymous: "nobody is identified, so nothing changed. To renew the device all the same: FS('setIdentity', {anonymous: true, force: true})",
  suspicious_uid: 'this uid is likely shared by several people, who will be shown as one',
  uid_in_properties: `setProperties does not identify: ${IDENTIFY}`,
  properties_ignored: 'properties given with anonymous: true are left out; set them afterwards',
  rate_limited: 'too many calls in a short time; this one was dropped',
  not_capturing: "capture is off; begin with FS('start') or FS('restart')",
  invalid_event_name: "an event has a name of 1 to 250 characters: FS('trackEvent', {name: 'Signed up', properties: {}})",
  invalid_properties: "properties are an object of at most 512 KiB: FS('setProperties', {type: 'user', properties: {plan: 'pro'}})",
  invalid_log: "FS('log', {level: 'warn', msg: 'text'})",
  unknown_call: "no such call; see FS('setIdentity' | 'setProperties' | 'trackEvent' | 'getSession' | 'observe' | …)",
  page_name_kept: 'the first pageName of a page stays',
  storage_failed: 'the browser refused to store; identity will last as long as this page',
  queue_full: 'too much is waiting to be sent; the oldest was dropped',
  bundle_refused: 'the server refused what was sent; see its API errors page',
};
const PROPERTY: Record<string, string> = {
  scrubbed_name: 'names have letters, digits, _ and -; others became _',
  invalid_name: 'names start with a letter and have at most 512 characters',
  invalid_value: 'values are strings, numbers, bools or arrays of one of these',
  invalid_type: 'types are str, int, real, bool, date and their plurals',
  type_mismatch: 'the value does not fit its type',
  value_too_big: 'values have at most 8192 bytes',
  too_many_properties: 'there are too many names',
  refused: 'the server refused the operation',
};

/** The line for a note (`code` or `code:name`); '' for one that is nobody's mistake. */
export function messageOf(note: string): string {
  const at = note.indexOf(':');
  const code = at < 0 ? note : note.slice(0, at);
  if (TEXT[code]) return `${code}: ${TEXT[code]}`;
  return PROPERTY[code] ? `${note}: ${PROPERTY[code]}` : '';
}
