/** Token buckets on callers (LI-1): one per kind of call, each with a bound for the second and one for the minute. */

export type Limited = 'identity' | 'properties' | 'events';
/** Calls a second, calls a minute. */
export type Limit = [number, number];
export type Limits = Record<Limited, Limit>;

export const WEB: Limits = { identity: [10, 30], properties: [10, 30], events: [40, 60] };
/** What a mobile platform gives as `limits`. */
export const MOBILE: Limits = { identity: [5, 12], properties: [5, 12], events: [10, 30] };
const WINDOWS_MS = [1000, 60_000];

/** Takes a token from both buckets of `kind`, or none. */
export type Buckets = (kind: Limited, nowMs: number) => boolean;

export function makeBuckets(limits: Limits): Buckets {
  const kept: Partial<Record<Limited, [levels: number[], at: number]>> = {};
  return (kind, nowMs) => {
    const limit = limits[kind];
    const [levels, at] = kept[kind] || [limit, nowMs];
    const gap = Math.max(0, nowMs - at);
    const filled = levels.map((level, i) => Math.min(limit[i]!, level + (gap * limit[i]!) / WINDOWS_MS[i]!));
    const isAllowed = filled.every((level) => level >= 1 - 1e-9);
    kept[kind] = [filled.map((level) => level - +isAllowed), nowMs];
    return isAllowed;
  };
}
