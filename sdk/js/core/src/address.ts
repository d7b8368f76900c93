/** What a `page` operation says of where the page is: nothing that is the departed user's goes along (CL-4, PV-1). */

import type { PageInfo, Ports } from './ports';

const BEHIND_ORIGIN = /^([a-z][\w+.-]*:\/\/[^/?#]*)?.*/i;

export function makeAddress({ page }: Ports) {
  /** Where the page stood when its user left it; until there is a navigation only the origin is said. */
  let departed: PageInfo | null = null;
  let isFirst = true;

  return {
    /** Another device begins, on a page that has shown itself already or not. */
    leave(hasShown: boolean): void {
      isFirst = false;
      if (hasShown) departed = { ...page() };
    },
    /** The members of a `page` operation made now. */
    look(): PageInfo {
      const { url, title, referrer } = page();
      const isDeparted = departed?.url == url;
      const wasFirst = isFirst;
      isFirst = false;
      if (departed && !isDeparted) departed.url = '';
      return isDeparted
        ? { url: url.replace(BEHIND_ORIGIN, '$1/') }
        : { url, title: title == departed?.title ? undefined : title, referrer: wasFirst ? referrer : undefined };
    },
  };
}
