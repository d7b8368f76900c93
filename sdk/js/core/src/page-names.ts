/** The names of a page's properties (PR-3): its first `pageName` stays, it has so many, and they end with the page. */

import type { Ports } from './ports';

const NAMES_MAX = 50;

export function makePageNames(ports: Ports) {
  /** The host and path they were set on. */
  let place = '';
  let first = '';
  let names = new Set<string>();

  /** Begins anew, as every page id does. */
  function clear(): void {
    first = '';
    names = new Set();
  }

  /** They end with the host or path. */
  function look(): void {
    const now = ports.page().url.replace(/^[a-z][\w+.-]*:\/\/|[?#].*$/gi, '');
    if (now != place) clear();
    place = now;
  }

  /** Takes from `properties` what the page may not have. */
  function keep(properties: Record<string, unknown>): void {
    look();
    for (const name of Object.keys(properties)) {
      let wrong;
      if (name == 'pageName') {
        first = first || String(properties[name]);
        if (first != properties[name]) wrong = 'page_name_kept';
      } else if (names.has(name) || names.size < NAMES_MAX) names.add(name);
      else wrong = 'too_many_properties:' + name;
      if (!wrong) continue;
      ports.note(wrong);
      delete properties[name];
    }
  }

  return { clear, look, keep };
}
