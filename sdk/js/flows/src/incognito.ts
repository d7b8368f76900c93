/** Looking around unseen (FL-8). */

import type { Common, Page, Person } from './page';
import { attempt, type Failure, identifyIfStill, release } from './steps';

export interface IncognitoOptions extends Common {
  /** Shows and hides the indicator. */
  changed?: ((isOn: boolean) => void) | undefined;
}

export interface Incognito {
  /** `person` is who `leave` identifies again; when absent, whom a flow identified last. Never rejects. */
  enter(person?: Person): Promise<Failure[]>;
  /** Never rejects. */
  leave(): Promise<Failure[]>;
}

export function incognito(page: Page, { changed = () => undefined, ...given }: IncognitoOptions = {}): Incognito {
  let entered: Promise<string> | null = null;
  return {
    async enter(person = page.uid == null ? undefined : { uid: page.uid, signature: page.signature }) {
      const failures: Failure[] = [];
      if (page.hidden) return failures;
      const hidden = (page.hidden = { person: null as Person | null });
      entered = release(page, given, failures, true).then((released) => released.device);
      hidden.person = person || null;
      await entered;
      // Where the user could not be let go, the next page is theirs: that is not unseen.
      if (!failures.length) attempt(() => changed(true));
      else if (page.hidden == hidden) page.hidden = null;
      return failures;
    },
    async leave() {
      const failures: Failure[] = [];
      const { hidden } = page;
      if (!hidden) return failures;
      const device = await entered;
      if (page.hidden != hidden) return failures;
      page.hidden = null;
      attempt(() => changed(false));
      const now = page.record(given);
      if (now.isBound || now.device != device) failures.push({ step: 'identify', code: 'overtaken' });
      else {
        const released = await release(page, given, failures, true);
        if (hidden.person && !failures.length) identifyIfStill(page, given, failures, released, hidden.person);
      }
      return failures;
    },
  };
}
