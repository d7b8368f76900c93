/** Every number that spec/ names, with its default; a config may change any (CL-3). */

import { type Limits, presets } from './limits';

export interface Settings {
  org: string;
  sdk?: string | undefined;
  capture: boolean;
  /** What waits at the start: the first page, or all until it is known who is there (CL-16). */
  hold?: 'page' | 'auth' | undefined;
  /** Origin of the dashboard, for session URLs. */
  app: string;
  split_on_identify?: boolean | undefined;
  /** Mobile limits (LI-1), and names that may carry types under any version (PR-1.3). */
  mobile?: boolean | undefined;
  limits: Limits;
  idle_ms: number;
  age_ms: number;
  settle_ms: number;
  activity_write_ms: number;
  flush_ms: number;
  retry_ms: number;
  retry_max_ms: number;
  bundle_operations_max: number;
  queue_operations_max: number;
  outbox_chars_max: number;
}

export type Config = { org: string } & Partial<Omit<Settings, 'org' | 'limits'>> & { limits?: Partial<Limits> | undefined };

export const DEFAULTS = {
  app: '',
  capture: true,
  idle_ms: 1_800_000,
  age_ms: 86_400_000,
  settle_ms: 5000,
  activity_write_ms: 5000,
  flush_ms: 5000,
  retry_ms: 1000,
  retry_max_ms: 60_000,
  bundle_operations_max: 100,
  queue_operations_max: 1000,
  outbox_chars_max: 262_144,
};

/** Takes a config. Single limits override the preset. */
export function configure(settings: Settings, config: Config): void {
  Object.assign(settings, config, { limits: { ...presets(config.mobile), ...config.limits } });
}
