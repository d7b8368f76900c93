/** All flows of one window. */

import * as follow from './follow';
import * as idle from './idle';
import * as unseen from './incognito';
import * as leaving from './logout';
import { Page, type PageWindow } from './page';
import type { Failure } from './steps';

export interface Flows {
  /** A function that logs out: event, backend, clear, anonymize, navigate (FL-2). */
  logoutService(options?: leaving.LogoutOptions): leaving.Logout;
  /** Event, anonymize, load, identify (FL-4). Never rejects. */
  switchAccount(options: leaving.SwitchOptions): Promise<Failure[]>;
  /** As `switchAccount`: the same uid with the properties of another workspace (FL-4). */
  switchWorkspace(options: leaving.SwitchOptions): Promise<Failure[]>;
  /** Calls `expired` when nobody did anything for `idleMs`; answers with a function that stops it (FL-6). */
  idleTimeout(options: idle.IdleOptions & { expired: () => unknown }): () => void;
  /** A device that people use one after the other (FL-7). */
  kiosk(options: idle.KioskOptions): idle.Kiosk;
  /** Looking around unseen (FL-8). */
  incognito(options?: unseen.IncognitoOptions): unseen.Incognito;
  /** Derives identify and anonymize from the app's auth state (FL-9 to FL-11). */
  followAuth<State = unknown>(source?: follow.Source<State>, options?: follow.FollowOptions<State>): follow.Follower<State>;
}

/** The flows of one window. Nothing is touched before one of them is called. */
export function flowsOn(win: PageWindow): Flows {
  const page = new Page(win);
  return {
    logoutService: (options) => leaving.logoutService(page, options),
    switchAccount: (options) => leaving.switchTo(page, options, 'Account Switched'),
    switchWorkspace: (options) => leaving.switchTo(page, options, 'Workspace Switched'),
    idleTimeout: (options) => idle.idleTimeout(page, options),
    kiosk: (options) => idle.kiosk(page, options),
    incognito: (options) => unseen.incognito(page, options),
    followAuth: (source, options) => follow.followAuth(page, source, options),
  };
}
