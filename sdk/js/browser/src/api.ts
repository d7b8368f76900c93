/** The one function behind `FS(…)`: what the core does not know, done here; the rest handed on (contract 1.2). */

import type { Machine } from '../../core/src/index';
import { observe, tell } from './observers';
import { type Entry, type FS, modernEntry } from './stub';

export type Env = Record<string, any>;

/** What the page sees of us besides the core. */
export interface Face {
  /** `FS('getConfig').env`. */
  env: Env;
  user: object | null;
  /** Whether notes are printed. */
  isLoud: boolean;
}

const HIDDEN = /^(capture|activity)$/;

/** What observers of `start` are given. */
export function started(machine: Machine, { env }: Face, sessionUrl: unknown): object {
  const { idle_ms, age_ms } = machine.settings;
  return { sessionUrl, settings: { idle_ms, age_ms }, env: { ...env } };
}

/** What comes onto the page's function: `_api`, one queue entry in, its synchronous result out, which never throws; and the late v1 calls (contract 1.12). */
export function makeApi(machine: Machine, face: Face): Partial<FS> {
  const nodes = new WeakMap<Node, number>();
  let nodeCount = 0;
  let integration: string | undefined;

  const session = (format: string): any => machine.call('getSession', { format }).value;
  const getSessionURL = (now?: boolean): any => session(now ? 'url.now' : 'url');
  const current = (type: string): unknown => {
    const url = session('url');
    return type == 'internal/fs-init' ? {} : url && (type == 'start' ? started(machine, face, url) : type == 'session' && { url });
  };
  const getFullstoryId = (node: Node): number => {
    const id = nodes.get(node) || ++nodeCount;
    nodes.set(node, id);
    return id;
  };
  /** Whether the user this page knows of was not let go in another tab meanwhile (ID-11). */
  const isHere = (): boolean => session('all')?.pageId != null;

  /** The calls that have nothing to do with the core. */
  const own: Record<string, (options: any) => unknown> = {
    // @ts-expect-error: so that no call is called `toString`.
    __proto__: null,
    init: ({ env }) => void Object.assign(face.env, env),
    observe: ({ type, callback }) => observe(type, callback, current(type)),
    getConfig: () => ({ env: { ...face.env }, ...(face.user && isHere() && { user: face.user }) }),
    setConfig: ({ console }) => void (face.isLoud = console !== false),
    source: ({ source }) => void (integration = source?.integration),
    getFullstoryId,
    stat: () => undefined,
  };

  const take = ([op, options, source = integration, resolve, reject, version]: Entry): unknown => {
    const ownCall = own[op];
    if (ownCall) {
      const value = ownCall(options || {});
      resolve?.(value);
      return value;
    }
    if (op == 'setPage') [op, options] = ['setProperties', { type: 'page', properties: options }];
    if (HIDDEN.test(op)) op = '';
    if (op == 'log' && typeof options?.msg == 'object') options = { ...options, msg: JSON.stringify(options.msg) };
    if (options?.type == 'document') options = { ...options, type: 'page' };
    const answer = machine.call(op, options, version, source);
    if (!resolve) return answer.value;
    const settle = (code: string | null, value?: unknown): void => {
      if (!code) resolve(value);
      else reject?.(Object.assign(Error(code), { code }));
    };
    if (op != 'getSession' || (machine.isCapturing() && !machine.isUnknown())) return machine.settle(answer, settle);
    // A session is asked for before there is one: it waits for the start, but not for ever (ID-8).
    setTimeout(() => settle('not_capturing'), machine.settings.settle_ms);
    return void observe('start', () => machine.isCapturing() && settle(null, machine.call(op, options).value));
  };

  return {
    getCurrentSession: () => session('id'),
    getCurrentSessionURL: getSessionURL,
    getSessionURL,
    enableConsole: () => void (face.isLoud = true),
    disableConsole: () => void (face.isLoud = false),
    getFullstoryId,
    _api(...entry: Entry): unknown {
      try {
        return take(modernEntry(entry));
      } catch (error) {
        tell('internal/error', () => ({ message: String(error) }));
        return void entry[4]?.(error);
      }
    },
  };
}
