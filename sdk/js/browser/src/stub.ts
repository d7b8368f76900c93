/**
 * The function on the page that people call, as the official snippets leave it (contract: 2.0 and 2.1 queue six-part
 * entries and ask `_api` first; 1.3 queues three-part ones and asks `q` first).
 */

export type Entry = [op: string, options?: any, source?: any, resolve?: any, reject?: any, apiVersion?: any];

export interface FS {
  (op: string, options?: unknown, source?: string, apiVersion?: 1 | 2): unknown;
  q?: Entry[] | null;
  _api?: (...entry: Entry) => unknown;
  _w?: { fetch?: typeof fetch };
  _v?: string;
  [name: string]: any;
}

export type PageWindow = Window & typeof globalThis & Record<string, any>;

/** What the script element and the page's globals say about where we are. */
export interface Site {
  namespace: string;
  org: string;
  /** Origin the script came from; '' when nothing says. */
  origin: string;
}

export function findSite(win: PageWindow): Site {
  const script = win.document.currentScript as HTMLScriptElement | null;
  const src = script && script.src ? new URL(script.src) : null;
  const named = win._fs_script ? new URL('https://' + win._fs_script) : null;
  return {
    namespace: (script && script.getAttribute('data-fs-namespace')) || win._fs_namespace || 'FS',
    org: (src && src.searchParams.get('org')) || win._fs_org || '',
    origin: (src || named || { origin: '' }).origin,
  };
}

/** A function of our own for a page without a snippet. */
export function makeStub(win: PageWindow): FS {
  const fs: FS = (op, options, source, apiVersion = 2) => {
    const name = op.replace(/Async$/, '');
    if (name == op) return fs._api!(op, options, source, undefined, undefined, apiVersion);
    return new Promise((resolve, reject) => fs._api!(name, options, source, resolve, reject, apiVersion));
  };
  fs._w = win.fetch ? { fetch: win.fetch } : {};
  fs._v = '2.1.0';
  const set = (type: string, properties: unknown, source?: string): unknown =>
    fs('setProperties', { type, properties }, source, 1);
  fs.identify = (uid: unknown, vars?: object, source?: string): void => {
    set('user', { uid }, source);
    if (vars) set('user', vars, source);
  };
  fs.anonymize = (): void => fs.identify(false);
  fs.setUserVars = (vars: object, source?: string): unknown => set('user', vars, source);
  fs.setVars = set;
  fs.event = (name: string, properties: object, source?: string): unknown => fs('trackEvent', { name, properties }, source, 1);
  fs.log = (level: string, msg?: string): unknown => fs('log', { level, msg }, undefined, 1);
  fs.consent = (...given: boolean[]): unknown => fs('setIdentity', { consent: !given.length || given[0] }, undefined, 1);
  fs.shutdown = (): unknown => fs('shutdown');
  fs.restart = (): unknown => fs('restart');
  fs.identifyAccount = fs.clearUserCookie = (): void => undefined;
  return fs;
}

/** A 1.3 entry as its 2.x counterpart; any other entry as it is. */
export function modernEntry(entry: Entry): Entry {
  const [op, payload, source] = entry;
  const as = (name: string, options?: unknown): Entry => [name, options, source, undefined, undefined, 1];
  switch (op) {
    case 'user':
      return as('setProperties', { type: 'user', properties: payload });
    case 'event':
      return as('trackEvent', { name: payload.n, properties: payload.p });
    case 'setVars':
      return as('setProperties', { type: payload[0], properties: payload[1] });
    case 'consent':
      return as('setIdentity', { consent: payload === undefined || payload });
    case 'rec':
      return as(payload ? 'restart' : 'shutdown');
    case 'account':
      return as('stat');
    case 'log':
      return Array.isArray(payload) ? as('log', { level: payload[0], msg: payload[1] }) : entry;
  }
  return entry;
}
