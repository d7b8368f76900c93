/** JSON as the platform's own prototypes have it: an app that put a `toJSON` on one of them changes nothing of ours. */

const BUILT_IN: any[] = [Object, Array, String, Number, Boolean].map(({ prototype }) => prototype);

/** The JSON of plain data. */
export function jsonText(value: unknown): string {
  const put = BUILT_IN.map((one) => Object.getOwnPropertyDescriptor(one, 'toJSON'));
  try {
    put.forEach((one, at) => one && delete BUILT_IN[at].toJSON);
    return JSON.stringify(value);
  } finally {
    put.forEach((one, at) => one && Object.defineProperty(BUILT_IN[at], 'toJSON', one));
  }
}
