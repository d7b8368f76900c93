/** Token buckets on callers (LI-1): one per kind of call, each with a bound for the second and one for the minute. */

export type Limited = 'identity' | 'properties' | 'events';
/** Calls a second, calls a minute. */
export type Limit = [number, number];
export type Limits = Record<Limited, Limit>;

export const WEB: Limits = { identity: [10, 30], properties: [10, 30], events: [40, 60] };
export const MOBILE: Limits = { identity: [5, 12], properties: [5, 12], events: [10, 30] };
const WINDOWS_MS = [1000, 60_000];

/** Takes a token from both buckets of `kind`, or none. */
export type Buckets = (kind: Limited, nowMs: number) => boolean;

export function makeBuckets(limits: Limits): Buckets {
  const all: Partial<Record<Limited, { levels: Limit; at: number }>> = {};
  return (kind, nowMs) => {
    const limit = limits[kind];
    const bucket = (all[kind] = all[kind] || { levels: [...limit], at: nowMs });
    const gap = Math.max(0, nowMs - bucket.at);
    const levels = bucket.levels.map((level, i) => Math.min(limit[i]!, level + (gap * limit[i]!) / WINDOWS_MS[i]!)) as Limit;
    const isAllowed = Math.min(...levels) >= 1 - 1e-9;
    all[kind] = { levels: isAllowed ? (levels.map((level) => level - 1) as Limit) : levels, at: nowMs };
    return isAllowed;
  };
}
