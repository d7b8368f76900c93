/** The one function behind `FS(…)`: what the core does not know, done here; the rest handed on (contract 1.2). */

import { type Machine, perform, performAsync } from '../../core/src/index';
import type { Observers } from './observers';
import { type Entry, type FS, modernEntry } from './stub';

export type Env = Record<string, any>;

type Settle = [resolve: ((value?: unknown) => void) | undefined, reject: ((error: Error) => void) | undefined];

interface Waiting {
  options_: any;
  settle_: Settle;
  timer_: ReturnType<typeof setTimeout>;
}

export class Api {
  /** Whether notes are printed. */
  isLoud = true;
  user: Record<string, unknown> | null = null;
  private source_: string | undefined;
  private waiting_: Waiting[] = [];
  private readonly nodes_ = new WeakMap<Node, number>();
  private nodeCount_ = 0;

  constructor(
    private readonly machine_: Machine,
    private readonly observers_: Observers,
    private readonly env_: Env,
  ) {}

  /** `FS._api`: one queue entry in, its synchronous result out. Never throws. */
  readonly take = (...given: Entry): unknown => {
    const [op, options, source, resolve, reject, version] = modernEntry(given);
    try {
      return this.do_(op, options, typeof source == 'string' ? source : this.source_, [resolve, reject], version == 1 ? 1 : 2);
    } catch (error) {
      this.observers_.tell('internal/error', { message: String(error) });
      if (reject) reject(error);
      return undefined;
    }
  };

  private do_(op: string, options: any, source: string | undefined, settle: Settle, version: 1 | 2): unknown {
    const own = this.own_(op, options);
    if (own) {
      if (settle[0]) settle[0](own.value);
      return own.value;
    }
    if (op == 'capture' || op == 'activity') op = 'unknown';
    const isPage = op == 'setProperties' && options && options.type == 'document';
    if (op == 'setPage') return this.do_('setProperties', { type: 'page', properties: options }, source, settle, version);
    if (isPage) options = { ...options, type: 'page' };
    const [resolve, reject] = settle;
    if (!resolve) return perform(this.machine_, op, options, version, source).value;
    if (op == 'getSession' && this.machine_.capture != 'on') return this.wait_(options, settle);
    return performAsync(this.machine_, op, options, version, source, (code, value) => {
      if (!code) resolve(value);
      else if (reject) reject(failure(code));
    });
  }

  /** The calls that have nothing to do with the core; null for those that do. */
  private own_(op: string, options: any): { value?: unknown } | null {
    const given = options || {};
    switch (op) {
      case 'init':
        Object.assign(this.env_, given.env);
        return {};
      case 'observe':
        return { value: this.observers_.observe(given.type, given.callback, (type) => this.current_(type)) };
      case 'getConfig':
        return { value: { env: { ...this.env_ }, ...(this.user && { user: { properties: {}, ...this.user } }) } };
      case 'setConfig':
        if (typeof given.console == 'boolean') this.isLoud = given.console;
        return {};
      case 'source':
        this.source_ = given.source && typeof given.source.integration == 'string' ? given.source.integration : undefined;
        return {};
      case 'getFullstoryId':
        return { value: this.nodeId_(options) };
      case 'stat':
        return {};
    }
    return null;
  }

  private current_(type: string): unknown {
    if (type == 'internal/fs-init') return {};
    const url = this.machine_.capture == 'on' && this.session('url');
    return !url ? null : type == 'start' ? this.started(url) : type == 'session' ? { url } : null;
  }

  /** What observers of `start` are given. */
  started(sessionUrl: unknown): object {
    const { idle_ms, age_ms } = this.machine_.settings;
    return { sessionUrl, settings: { idle_ms, age_ms }, env: { ...this.env_ } };
  }

  session(format: string): string | null {
    return perform(this.machine_, 'getSession', { format }).value as string | null;
  }

  private nodeId_(node: Node): number {
    if (!this.nodes_.has(node)) this.nodes_.set(node, ++this.nodeCount_);
    return this.nodes_.get(node)!;
  }

  /** A session is asked for before there is one: it waits, but not for ever (ID-8). */
  private wait_(options_: unknown, settle_: Settle): void {
    const one: Waiting = {
      options_,
      settle_,
      timer_: setTimeout(() => {
        this.waiting_.splice(this.waiting_.indexOf(one), 1);
        if (settle_[1]) settle_[1](failure('not_capturing'));
      }, this.machine_.settings.settle_ms),
    };
    this.waiting_.push(one);
  }

  /** Capture began: those who wait for a session have one. */
  answerWaiting(): void {
    for (const { options_, settle_, timer_ } of this.waiting_.splice(0)) {
      clearTimeout(timer_);
      settle_[0]!(perform(this.machine_, 'getSession', options_).value);
    }
  }

  /** Puts the v1 calls that only the loaded script has on the page's function (contract 1.12). */
  adopt(fs: FS): void {
    fs.getCurrentSession = () => this.session('id');
    fs.getCurrentSessionURL = (now?: boolean) => this.session(now ? 'url.now' : 'url');
    fs.enableConsole = () => void (this.isLoud = true);
    fs.disableConsole = () => void (this.isLoud = false);
    fs.getFullstoryId = (node: Node) => this.nodeId_(node);
  }
}

/** What an Async call rejects with: an Error that has the code. */
function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
