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

/** A function of our own for a page without a snippet. */
export function makeStub(): FS {
  const fs: FS = (op, options, source, version) => {
    const name = String(op).replace(/Async$/, '');
    const take = (resolve?: unknown, reject?: unknown): unknown => {
      const entry: Entry = [name, options, source, resolve, reject, version];
      return fs._api ? fs._api(...entry) : void fs.q!.push(entry);
    };
    return /Async$/.test(op) ? new Promise(take) : take();
  };
  return Object.assign(fs, {
    _w: { fetch: window.fetch },
    _v: '2.1.0',
    q: [],
    identify(uid: unknown, vars?: object, source?: string): void {
      fs('user', { uid }, source);
      if (vars) fs('user', vars, source);
    },
    anonymize: () => fs.identify(false),
    setUserVars: (vars: object, source?: string) => fs('user', vars, source),
    setVars: (scope: string, vars: object, source?: string) => fs('setVars', [scope, vars], source),
    event: (n: string, p: object, source?: string) => fs('event', { n, p }, source),
    log: (level: string, msg?: string) => fs('log', { level, msg }),
    consent: (granted = true) => fs('consent', granted),
    shutdown: () => fs('shutdown'),
    restart: () => fs('restart'),
    identifyAccount: () => undefined,
    clearUserCookie: () => undefined,
  });
}

/** A 1.3 entry as its 2.x counterpart; any other entry, or one without what it needs, as it is. */
export function modernEntry(entry: Entry): Entry {
  const [op, payload, source, resolve, reject] = entry;
  if (payload == null && /^(user|setVars|event)$/.test(op)) return entry;
  const as = (name: string, options?: unknown): Entry => [name, options, source, resolve, reject, 1];
  if (op == 'user') return as('setProperties', { type: op, properties: payload });
  if (op == 'setVars') return as('setProperties', { type: payload[0], properties: payload[1] });
  if (op == 'event') return as('trackEvent', { name: payload.n, properties: payload.p });
  if (op == 'consent') return as('setIdentity', { consent: payload });
  if (op == 'rec') return as(payload ? 'restart' : 'shutdown');
  if (op == 'account') return as('stat');
  return op == 'log' && Array.isArray(payload) ? as(op, { level: payload[0], msg: payload[1] }) : entry;
}
