/** What a `page` operation says of where the page is: nothing that is the departed user's goes along (CL-4, PV-1). */

import type { Core } from './machine';
import type { PageInfo } from './ports';

const BEHIND_ORIGIN = /^([a-z][\w+.-]*:\/\/[^/?#]*)?.*/is;

export interface AddressState {
  /** Where the page stood when its user left it; until there is a navigation only the origin is said. */
  departed?: PageInfo;
  /** Whether this page load has looked around before, or has lost its first device. */
  hasLooked?: boolean;
}

/** Another device begins, on a page that has shown itself already or not. */
export function depart(c: Core, hasShown: boolean): void {
  c.hasLooked = true;
  if (hasShown) c.departed = { ...c.page() };
}

/** The members of a `page` operation made now. */
export function look(c: Core): PageInfo {
  const departed = c.departed;
  const hasLooked = c.hasLooked;
  const { url, title, referrer } = c.page();
  c.hasLooked = true;
  if (departed) {
    if (departed.url == url) return { url: url.replace(BEHIND_ORIGIN, '$1/') };
    departed.url = '';
  }
  return { url, title: title == departed?.title ? undefined : title, referrer: hasLooked ? undefined : referrer };
}
