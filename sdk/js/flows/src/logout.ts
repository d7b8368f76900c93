/** Logging out and switching: the user goes, whatever fails (FL-2, FL-4). */

import type { Common, Page, Person } from './page';
import { type Failure, identifyIfStill, perform, release, track, type Work } from './steps';

export interface LogoutOptions extends Common {
  /** Name of the event; `User Logged Out` when absent, none when empty. */
  event?: string | undefined;
  /** Ends the login at the server, for example `() => fetch('/logout', {method: 'POST', keepalive: true})`. */
  backend?: Work | undefined;
  /** Clears what the app itself remembers of the login. */
  clear?: Work | undefined;
  /** Where to go then: an address, or what takes one there, given what has failed so far. */
  navigate?: string | ((failures: Failure[]) => unknown) | undefined;
}

/** Logs out; a reason that is a string goes with the event. Never rejects. */
export type Logout = (reason?: unknown) => Promise<Failure[]>;

export function logoutService(page: Page, options: LogoutOptions = {}): Logout {
  let underWay: Promise<Failure[]> | null = null;
  return (reason) =>
    (underWay =
      underWay ||
      leave(page, options, reason).then((failures) => {
        underWay = null;
        return failures;
      }));
}

async function leave(page: Page, options: LogoutOptions, reason: unknown): Promise<Failure[]> {
  const { event = 'User Logged Out', backend, clear, navigate } = options;
  const failures: Failure[] = [];
  page.leaving++;
  const deaf = page.listen(['pagehide'], () => page.releaseAtOnce(options));
  track(page, options, event, reason);
  if (backend || clear) await perform(page, options, failures, [['backend', backend], ['clear', clear]]);
  page.asks.forEach((ask) => ask());
  await release(page, options, failures);
  deaf();
  page.leaving--;
  const go = typeof navigate == 'string' ? () => page.win.location.assign(navigate) : navigate && (() => navigate(failures));
  await perform(page, options, failures, [['navigate', go]]);
  return failures;
}

export interface SwitchOptions extends Common {
  /** The user who is to be there afterwards; `load` may say so instead. */
  to?: Person | undefined;
  event?: string | undefined;
  /** Sets up the new account or workspace; a `{uid}` that it gives is identified in place of `to`. */
  load?: (() => unknown) | undefined;
}

/** Switches; never rejects. */
export async function switchTo(page: Page, { event, load, to, ...given }: SwitchOptions, name: string): Promise<Failure[]> {
  const failures: Failure[] = [];
  track(page, given, event === undefined ? name : event);
  const released = await release(page, given, failures);
  const loaded = await perform(page, given, failures, [['load', load]]);
  const person = loaded && loaded.uid != null ? loaded : to;
  if (person && !failures.length) identifyIfStill(page, given, failures, released, person);
  return failures;
}
