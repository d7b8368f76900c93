/** Looking around unseen (FL-8). */

import type { Common, Page, Person } from './page';
import { attempt, type Failure, identifyIfStill } from './steps';

export interface IncognitoOptions extends Common {
  /** Shows and hides the indicator. */
  changed?: ((isOn: boolean) => void) | undefined;
}

export interface Incognito {
  /** `person` is who `leave` identifies again; when absent, whom a flow identified last. */
  enter(person?: Person): Promise<void>;
  /** Never rejects. */
  leave(): Promise<Failure[]>;
}

export function incognito(page: Page, { changed = () => undefined, ...given }: IncognitoOptions = {}): Incognito {
  let entered: Promise<string> | null = null;
  return {
    async enter(person = page.uid == null ? undefined : { uid: page.uid }) {
      if (page.hidden) return;
      page.hidden = { person: null };
      entered = page.release(given, true).then((released) => released.device);
      page.hidden.person = person || null;
      await entered;
      attempt(() => changed(true));
    },
    async leave() {
      const failures: Failure[] = [];
      const { hidden } = page;
      if (!hidden) return failures;
      const device = await entered;
      if (page.hidden != hidden) return failures;
      page.hidden = null;
      attempt(() => changed(false));
      const now = page.record();
      if (now.isBound || now.device != device) failures.push({ step: 'identify', code: 'overtaken' });
      else {
        const released = await page.release(given, true);
        if (hidden.person) identifyIfStill(page, given, failures, released, hidden.person);
      }
      return failures;
    },
  };
}
