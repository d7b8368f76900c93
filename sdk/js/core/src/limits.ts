/** Token buckets on callers (LI-1): one per kind of call, each with a bound for the second and one for the minute. */

import type { Core } from './machine';

export type Limited = 'identity' | 'properties' | 'events';
/** Calls a second, calls a minute. */
export type Limit = [number, number];
export type Limits = Record<Limited, Limit>;

/** The presets: of identity calls and property calls, and of events, which in a browser may be more. */
export function presets(isMobile: unknown): Limits {
  const calls: Limit = isMobile ? [5, 12] : [10, 30];
  return { identity: calls, properties: calls, events: isMobile ? [10, 30] : [40, 60] };
}

const WINDOWS_MS = [1000, 60_000];

export interface LimitsState {
  /** By kind: what is missing in each of its two buckets, in ms · tokens, and since when. */
  spent: Partial<Record<Limited, [missing: number[], at: number]>>;
}

/** Whether a call of this kind may pass: it takes a token from both buckets, or none. */
export function allows(c: Core, kind: Limited): boolean {
  const limit = c.settings.limits[kind];
  const now = c.wallMs();
  const [before, at] = c.spent[kind] || [[0, 0], now];
  const missing = before.map((level, i) => Math.max(0, level - Math.max(0, now - at) * limit[i]!));
  const isAllowed = missing.every((level, i) => level <= (limit[i]! - 1) * WINDOWS_MS[i]!);
  c.spent[kind] = [missing.map((level, i) => level + +isAllowed * WINDOWS_MS[i]!), now];
  return isAllowed;
}
