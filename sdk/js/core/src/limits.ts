/** Token buckets on callers (LI-1): one per kind of call, each with a bound for the second and one for the minute. */

export type Limited = 'identity' | 'properties' | 'events';
/** Calls a second, calls a minute. */
export type Limit = [number, number];
export type Limits = Record<Limited, Limit>;

export const WEB: Limits = { identity: [10, 30], properties: [10, 30], events: [40, 60] };
export const MOBILE: Limits = { identity: [5, 12], properties: [5, 12], events: [10, 30] };
const WINDOWS_MS = [1000, 60_000];

export class Buckets {
  private readonly levels_: Partial<Record<Limited, [number, number, number]>> = {};

  constructor(private readonly limits_: Limits) {}

  /** Takes a token from both buckets of `kind`, or none. */
  take(kind: Limited, nowMs: number): boolean {
    const limit = this.limits_[kind];
    const levels = (this.levels_[kind] = this.levels_[kind] || [limit[0], limit[1], nowMs]);
    const gap = Math.max(0, nowMs - levels[2]);
    for (const i of [0, 1] as const) {
      levels[i] = Math.min(limit[i], levels[i] + (gap * limit[i]) / WINDOWS_MS[i]!);
    }
    levels[2] = nowMs;
    if (Math.min(levels[0], levels[1]) < 1 - 1e-9) return false;
    levels[0]--;
    levels[1]--;
    return true;
  }
}
