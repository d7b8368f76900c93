/** JSON as the platform's own prototypes have it: an app that put a `toJSON` on one of them changes nothing of ours. */

const BUILT_IN: any[] = [Object, Array, String, Number, Boolean].map(({ prototype }) => prototype);

/** The JSON of plain data. */
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
