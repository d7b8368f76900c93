/** Properties as they travel (CL-10): what the caller gave, as plain JSON. Which of them hold is the server's to say (PR-1). */

import { jsonText } from './json';
import { tried } from './tried';

const CALL_BYTES_MAX = 512 * 1024;

/** What JSON makes of `given`: no cycles, dates as text, nothing undefined; {} of null. Null: no object, or over 512 KiB. */
export function plainObject(given: unknown): Record<string, any> | null {
  return tried(() => {
    const text = jsonText(given ?? {});
    return text[0] == '{' && !isOver(text) ? JSON.parse(text) : null;
  }, null);
}

/** Whether there is nothing in `object`. */
export function isEmpty(object: object): boolean {
  return !Object.keys(object).length;
}

/** Whether `text` has too many bytes of UTF-8. A character is at most three of them for each of its code units. */
function isOver(text: string): boolean {
  return text.length * 3 > CALL_BYTES_MAX && new TextEncoder().encode(text).length > CALL_BYTES_MAX;
}
