import { tried } from '../../core/src/index';

export { tried };

/** Does `work` when the calls under way are over, before anything else happens. */
export async function soon(work: () => unknown): Promise<void> {
  await null;
  work();
}

/** The JSON in `text`; null for anything else. */
export function parsed(text: string | null | undefined): any {
  return tried(() => JSON.parse(text!), null);
}

/** Wall time in whole ms since 1970. What a page has put in place of `Date.now` is believed only if it is a time. */
export function now(): number {
  const ms = +Date.now();
  return Math.floor(ms > 0 && ms < 2 ** 53 ? ms : performance.timeOrigin + performance.now());
}
