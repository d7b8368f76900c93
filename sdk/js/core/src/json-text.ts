/** Texts as every core prints and counts them: JSON, and characters. */

const BUILT_IN: any[] = [Object, Array, String, Number, Boolean].map(({ prototype }) => prototype);

/** The JSON of plain data, as the platform's own prototypes have it: an app that put a `toJSON` on one changes nothing of ours. */
export function jsonText(value: unknown): string {
  const put = BUILT_IN.map(({ toJSON }) => toJSON);
  try {
    put.forEach((toJSON, at) => toJSON && delete BUILT_IN[at].toJSON);
    return JSON.stringify(value);
  } finally {
    // Not to be seen by a `for … in` of the page's.
    put.forEach((toJSON, at) => toJSON && Object.defineProperty(BUILT_IN[at], 'toJSON', { value: toJSON, configurable: true, writable: true }));
  }
}

/** Whether it is a text with something in it. */
export function isText(given: any): any {
  return typeof given == 'string' && given;
}

/** The first `max` characters (Unicode code points) of a text; undefined for an empty one, and for what is no text. */
export function cut(text: any, max: number): string | undefined {
  return isText(text) ? [...text.slice(0, 2 * max)].slice(0, max).join('') : undefined;
}
