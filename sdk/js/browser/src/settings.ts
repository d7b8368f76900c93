/** The org's settings (WI-9): the last known ones at once, fresh ones when they arrive. They say nothing of a person. */

import type { Auto } from './capture';

export interface OrgSettings {
  capture?: boolean;
  idle_ms?: number;
  age_ms?: number;
  split_on_identify?: boolean;
  auto?: Partial<Auto>;
}

const KEY = 'fs_settings';

/** What was last heard; nothing when the browser keeps nothing. */
export function knownSettings(win: Window): OrgSettings {
  try {
    return JSON.parse(win.localStorage.getItem(KEY) || '{}');
  } catch (_) {
    return {};
  }
}

/** Asks for the settings, hands them on and keeps them. */
export function fetchSettings(win: Window, fetcher: typeof fetch, url: string, apply: (settings: OrgSettings) => void): void {
  fetcher(url, { credentials: 'omit', referrerPolicy: 'no-referrer' })
    .then((response) => (response.ok ? response.json() : null))
    .then((settings: OrgSettings | null) => {
      if (!settings) return;
      apply(settings);
      win.localStorage.setItem(KEY, JSON.stringify(settings));
    })
    .catch(() => undefined);
}
