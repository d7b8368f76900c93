/** What text a given uid is (ID-9.1). */

import { cut } from './json-text';
import { isLegible } from './placeholder';

const UID_CHARS_MAX = 256;

/** The uid as a string; null when it is none. */
export function uidText(given: unknown): string | null {
  const uid = typeof given == 'number' && Math.abs(given) < 2 ** 53 ? String(given) : given;
  const text = cut(uid, UID_CHARS_MAX);
  return text && text === uid && isLegible(text) ? text : null;
}
