/** How bundles leave the browser: text, so that no preflight is asked for, without cookies, and outliving the page. */

import type { Request } from '../../core/src/index';

export type Ask = (url: string, options: RequestInit) => Promise<Response>;
/** Without a status there was no answer. */
export type Answer = (status: number | null, headers: Record<string, string>, body: unknown) => void;

export const QUIETLY: RequestInit = { credentials: 'omit', referrerPolicy: 'no-referrer' };
const TIMEOUT_MS = 15_000;
/** Browsers bound what may outlive a page to 64 KiB; a longer body goes without that and stays in storage till answered. */
const KEEPALIVE_CHARS_MAX = 20_000;

export function parsed(text: string | null): any {
  try {
    return JSON.parse(text || 'null');
  } catch (_) {
    return null;
  }
}

/** Sends one request to `base`, and answers once. */
export function send(ask: Ask, base: string, { method, path, body, leaving }: Request, answer: Answer): void {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  const go = (): Promise<Response> => {
    timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    const keepalive = body.length <= KEEPALIVE_CHARS_MAX;
    return ask(base + path, { ...QUIETLY, method, body, keepalive, cache: 'no-store', signal: abort.signal });
  };
  // The call that asked is not made to wait for the browser's network code: the request goes when its task is done.
  (leaving ? go() : Promise.resolve().then(go))
    .then((response) =>
      response.text().then((text) => {
        answer(response.status, { 'retry-after': response.headers.get('retry-after') || '' }, parsed(text));
      }),
    )
    .catch(() => answer(null, {}, null))
    .then(() => clearTimeout(timer));
}
