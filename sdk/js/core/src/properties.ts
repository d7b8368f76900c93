/** Properties as they travel (CL-10): what the caller gave, as plain JSON. Which of them hold is the server's to say (PR-1). */

import { jsonText } from './json-text';
import type { Core } from './machine';
import { tried } from './tried';

type Members = Record<string, unknown>;
/** What an operation carries of properties: nothing, or these. `suffixes`: their names may carry types (PR-1.3). `sig`: the proof of a uid (ID-18). */
export type Carried = { properties?: Members; schema?: Members | undefined; suffixes?: true | undefined; sig?: unknown };

const CALL_BYTES_MAX = 512 * 1024;
/** With what a bundle has around it, this is as deep as JSON may be on the wire (WI-3). */
const LEVELS_MAX = 29;

/** What an operation carries of properties and schema, copied now; null when one of them cannot travel (PR-1). */
export function carriedOf(c: Core, given: unknown, schema: unknown, api: unknown): Carried | null {
  const properties = plainObject(given);
  const types = plainObject(schema);
  if (!properties || !types) return null;
  if (isEmpty(properties)) return {};
  return { properties, schema: isEmpty(types) ? undefined : types, suffixes: api == 1 || c.settings.mobile || undefined };
}

/** As `copied`, but {} of null; nothing of what makes no object. */
function plainObject(given: unknown): Members | undefined {
  const plain: any = copied(given ?? {});
  return isObject(plain) && plain;
}

/** What JSON makes of `given`, now: no cycles, dates as text. Undefined: nothing, or what is too long or deep. */
export function copied(given: unknown): unknown {
  return tried(() => {
    const text = jsonText(given);
    const plain = JSON.parse(text);
    return new TextEncoder().encode(text).length <= CALL_BYTES_MAX && !isDeep(plain, LEVELS_MAX) ? plain : undefined;
  });
}

/** Whether there are more than so many `levels` of objects and arrays in one another. */
function isDeep(value: unknown, levels: number): unknown {
  return value && typeof value == 'object' && (!levels || Object.values(value).some((one) => isDeep(one, levels - 1)));
}

/** Whether `given` has members by name. */
export function isObject(given: any): unknown {
  return typeof given == 'object' && given && !Array.isArray(given);
}

/** Whether there is nothing in `object`. */
export function isEmpty(object: object): boolean {
  return !Object.keys(object).length;
}
