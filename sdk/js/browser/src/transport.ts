/** How bundles leave the browser: text, so that no preflight is asked for, without cookies, and outliving the page. */

import type { Request } from '../../core/src/index';

export interface Answers {
  reply(status: number, headers: Record<string, string>, body: unknown): void;
  fail(): void;
}

const TIMEOUT_MS = 15_000;
/** Browsers bound what may outlive a page to 64 KiB; a longer body goes without that and stays in storage till answered. */
const KEEPALIVE_CHARS_MAX = 20_000;

/** Sends one request to `base`, and tells `answers` once. */
export function send(ask: (url: string, options: RequestInit) => Promise<Response>, base: string, request: Request, answers: Answers): void {
  const { method, path, body, leaving } = request;
  const go = (): Promise<Response> => {
    const abort = typeof AbortController == 'function' ? new AbortController() : null;
    timer = setTimeout(() => abort && abort.abort(), TIMEOUT_MS);
    return ask(base + path, {
      method,
      body,
      keepalive: body.length <= KEEPALIVE_CHARS_MAX,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      signal: abort && abort.signal,
    });
  };
  let timer: ReturnType<typeof setTimeout>;
  // The call that asked is not made to wait for the browser's network code: the request goes when its task is done.
  (leaving ? go() : Promise.resolve().then(go))
    .then(async (response) => {
      const after = response.headers.get('retry-after');
      const text = await response.text();
      answers.reply(response.status, after ? { 'retry-after': after } : {}, parsed(text));
    })
    .catch(() => answers.fail())
    .then(() => clearTimeout(timer));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (_) {
    return null;
  }
}
