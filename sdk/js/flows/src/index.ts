/** What apps do around a change of person, in an order that stays right when a step fails (spec/flows.md). */

import { type Flows, flowsOn } from './flows';
import type { PageWindow } from './page';

export type { Flows } from './flows';
export type { Follower, FollowOptions, Source } from './follow';
export type { IdleOptions, Kiosk, KioskOptions } from './idle';
export type { Incognito, IncognitoOptions } from './incognito';
export type { Logout, LogoutOptions, SwitchOptions } from './logout';
export type { Common, Person } from './page';
export type { Failure, StepName, Work } from './steps';

const flows: Flows = flowsOn(globalThis as PageWindow);
export const { logoutService, switchAccount, switchWorkspace, idleTimeout, kiosk, incognito, followAuth } = flows;
