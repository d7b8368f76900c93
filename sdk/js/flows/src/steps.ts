/** Steps of a flow, each of which may fail without keeping the next from happening (FL-1). */

import { type Common, type Page, type Person, type Released, within } from './page';

export type StepName = 'backend' | 'clear' | 'anonymize' | 'load' | 'identify' | 'navigate' | 'welcome';

export interface Failure {
  step: StepName;
  code: 'failed' | 'timed_out' | 'overtaken' | 'not_released';
  /** What the step threw, or answered. */
  error?: unknown;
}

/** A step of the app's own. What it answers with `ok: false`, as a fetch does, is a failure. */
export type Work = () => unknown;

/** Performs steps one after the other, those that there are; the first of them begins in the caller's own task. */
export async function perform(
  page: Page, given: Common, failures: Failure[], steps: [StepName, Work | undefined][],
): Promise<any> {
  let found: any;
  for (const [step, work] of steps) {
    if (!work) continue;
    try {
      found = await within(page.win, given, work());
      if (found && found.ok === false) failures.push({ step, code: 'failed', error: found });
    } catch (error) {
      failures.push({ step, code: error == 'timed_out' ? 'timed_out' : 'failed', error });
    }
  }
  return found;
}

/** Calls the app; what it throws is its own affair. */
export function attempt(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    console.error(error);
  }
}

/** Lets the user go; one who could not be let go is a failure (FL-3). */
export async function release(page: Page, given: Common, failures: Failure[], isForced?: boolean): Promise<Released> {
  const released = await page.release(given, isForced);
  if (!released.isGone) failures.push({ step: 'anonymize', code: 'not_released' });
  return released;
}

/** Records the event that a flow begins with, while the user is still there. */
export function track(page: Page, given: Common, name: string | undefined, reason?: unknown): void {
  const properties = typeof reason == 'string' ? { reason } : {};
  if (name) page.call(given, 'trackEvent', { name, properties });
}

/** Identifies, unless somebody else came since `released` (FL-5). */
export function identifyIfStill(page: Page, given: Common, failures: Failure[], released: Released, person: Person): void {
  const { device, isBound } = page.record(given);
  const isFree = page.changes == released.turn && !isBound;
  if (device == released.device && (isFree || page.uid == String(person.uid))) page.identify(given, person);
  else failures.push({ step: 'identify', code: 'overtaken' });
}
