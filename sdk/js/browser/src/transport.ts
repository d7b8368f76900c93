/** How bundles leave the browser: text, so that no preflight is asked for, without cookies, and outliving the page. */

import { jsonText, type Request } from '../../core/src/index';
import { parsed } from './tried';

export type Ask = (url: string, options: RequestInit) => Promise<Response>;
/** With status 0 there was no answer. */
export type Answer = (status: number, retryAfter: string | null, body: unknown) => void;

export const QUIETLY: RequestInit = { credentials: 'omit', referrerPolicy: 'no-referrer' };
const TIMEOUT_MS = 15_000;
/** Browsers bound what may outlive a page to 64 KiB; a longer body goes without that and stays in storage till answered. */
const KEEPALIVE_CHARS_MAX = 20_000;

/** Sends one request to the collector at `base`, and answers once; a browser that settles nothing is waited for no longer. */
export async function send(ask: Ask, base: string, { bundle, leaving }: Request, answer: Answer): Promise<void> {
  const fail = (): void => answer(0, null, null);
  const timer = setTimeout(fail, TIMEOUT_MS);
  try {
    // The call that asked is not made to wait for the browser's network code: the request goes when its task is done.
    if (!leaving) await null;
    const body = jsonText(bundle);
    const response = await ask(base + '/rec/bundle', {
      ...QUIETLY,
      method: 'POST',
      body,
      keepalive: body.length <= KEEPALIVE_CHARS_MAX,
      cache: 'no-store',
    });
    answer(response.status, response.headers.get('retry-after'), parsed(await response.text()));
  } catch (_) {
    fail();
  }
  clearTimeout(timer);
}
