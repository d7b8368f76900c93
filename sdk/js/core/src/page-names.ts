/** The names of a page's properties (PR-3): its first `pageName` stays, it has so many, and they end with the page. */

import type { Core } from './machine';

const NAMES_MAX = 50;

export interface PageNamesState {
  /** The host and path they were set on. */
  place?: string;
  /** The page's first `pageName`. */
  firstName?: string;
  names: Set<string>;
}

/** Begins anew, as every page id does. */
export function clearNames(c: Core): void {
  c.firstName = '';
  c.names = new Set();
}

/** They end with the host or path. */
export function lookAtPlace(c: Core): void {
  const now = c.page().url.replace(/^[a-z][\w+.-]*:\/\/|[?#].*$/gis, '');
  if (now != c.place) clearNames(c);
  c.place = now;
}

/** Takes from `properties` what the page may not have. */
export function keepNames(c: Core, properties: Record<string, unknown>): void {
  lookAtPlace(c);
  for (const name of Object.keys(properties).sort()) {
    const value = properties[name];
    let wrong;
    if (name == 'pageName') {
      if (!c.firstName && typeof value == 'string') c.firstName = value;
      if (c.firstName && c.firstName !== value) wrong = 'page_name_kept';
    } else if (c.names.has(name) || c.names.size < NAMES_MAX) c.names.add(name);
    else wrong = 'too_many_properties:' + name;
    if (!wrong) continue;
    c.note(wrong);
    delete properties[name];
  }
}
