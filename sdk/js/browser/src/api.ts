/** The one function behind `FS(…)`: what the core does not know, done here; the rest handed on (contract 1.2). */

import { type Machine, perform, performAsync } from '../../core/src/index';
import { observe, tell } from './observers';
import { type Entry, type FS, modernEntry } from './stub';

export type Env = Record<string, any>;
type Resolve = ((value?: unknown) => void) | undefined;
type Reject = ((error: Error) => void) | undefined;

export interface Api {
  /** `FS._api`: one queue entry in, its synchronous result out. Never throws. */
  take(...entry: Entry): unknown;
  /** What observers of `start` are given. */
  started(sessionUrl: unknown): object;
  /** Capture began: those who wait for a session have one. */
  answerWaiting(): void;
  /** Puts the v1 calls that only the loaded script has on the page's function (contract 1.12). */
  adopt(fs: FS): void;
  /** Whether notes are printed. */
  isLoud(): boolean;
}

export function makeApi(machine: Machine, env: Env, user: () => object | null): Api {
  const nodes = new WeakMap<Node, number>();
  let nodeCount = 0;
  let isLoud = true;
  let integration: string | undefined;
  let waiting: (() => void)[] = [];

  const session = (format: string): unknown => perform(machine, 'getSession', { format }).value;
  const started = (sessionUrl: unknown): object => {
    const { idle_ms, age_ms } = machine.settings;
    return { sessionUrl, settings: { idle_ms, age_ms }, env: { ...env } };
  };
  const current = (type: string): unknown => {
    const url = session('url');
    if (type == 'internal/fs-init') return {};
    return url && (type == 'start' ? started(url) : type == 'session' && { url });
  };
  const nodeId = (node: Node): number => {
    if (!nodes.has(node)) nodes.set(node, ++nodeCount);
    return nodes.get(node)!;
  };

  /** The calls that have nothing to do with the core. */
  const own: Record<string, (options: any) => unknown> = {
    init: ({ env: more }) => void Object.assign(env, more),
    observe: ({ type, callback }) => observe(type, callback, current),
    getConfig: () => ({ env: { ...env }, ...(user() && { user: user() }) }),
    setConfig: ({ console }) => void (isLoud = console !== false),
    source: ({ source }) => void (integration = source && source.integration),
    getFullstoryId: nodeId,
    stat: () => undefined,
  };

  const handle = (op: string, options: any, source: string | undefined, version: 1 | 2, resolve: Resolve, reject: Reject): unknown => {
    if (Object.keys(own).indexOf(op) >= 0) {
      const value = own[op]!(options || {});
      if (resolve) resolve(value);
      return value;
    }
    if (op == 'setPage') [op, options] = ['setProperties', { type: 'page', properties: options }];
    if (op == 'capture' || op == 'activity') op = 'unknown';
    if (options && options.type == 'document') options = { ...options, type: 'page' };
    if (!resolve) return perform(machine, op, options, version, source).value;
    const settle = (code: string | null, value?: unknown): void => {
      if (!code) resolve(value);
      else if (reject) reject(Object.assign(new Error(code), { code }));
    };
    if (op != 'getSession' || machine.capture == 'on') return void performAsync(machine, op, options, version, source, settle);
    // A session is asked for before there is one: it waits, but not for ever (ID-8).
    const timer = setTimeout(() => settle('not_capturing'), machine.settings.settle_ms);
    waiting.push(() => {
      clearTimeout(timer);
      settle(null, perform(machine, op, options).value);
    });
    return undefined;
  };

  return {
    take: (...given) => {
      const [op, options, source, resolve, reject, version] = modernEntry(given);
      try {
        return handle(op, options, typeof source == 'string' ? source : integration, version == 1 ? 1 : 2, resolve, reject);
      } catch (error) {
        tell('internal/error', () => ({ message: String(error) }));
        if (reject) reject(error);
        return undefined;
      }
    },
    started,
    answerWaiting: () => waiting.splice(0).forEach((answer) => answer()),
    adopt: (fs) => {
      fs.getCurrentSession = () => session('id');
      fs.getCurrentSessionURL = (now?: boolean) => session(now ? 'url.now' : 'url');
      fs.enableConsole = () => void (isLoud = true);
      fs.disableConsole = () => void (isLoud = false);
      fs.getFullstoryId = nodeId;
    },
    isLoud: () => isLoud,
  };
}
