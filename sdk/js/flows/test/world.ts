/** The page of a vector: its clock, storage, listeners and `FS`, all in plain sight (spec/vectors/README.md). */

import { type Flows, flowsOn } from '../src/flows';
import type { PageWindow } from '../src/page';

type Json = any;
type Happened = [what: string, ...with_: Json[]];
export type FsState = 'ready' | 'loading' | 'absent' | 'failed' | 'deaf' | 'stuck';
type Home = 'own cookie' | 'cookie' | 'path' | 'own local' | 'local';
export interface Recorded {
  device: string;
  bound: boolean;
}

export interface Given {
  fs?: FsState;
  record?: Recorded | null;
  homes?: Home[];
  is_fixed?: boolean;
  is_frame?: boolean;
  kept?: Record<string, string>;
  now_ms?: number;
  namespace?: string;
}

export interface Step {
  do: string;
  flow?: keyof Flows;
  options?: Record<string, Json>;
  source?: string;
  as?: string;
  on?: string;
  call?: string;
  args?: Json[];
  step?: string;
  gives?: Json;
  ms?: number;
  input?: string;
  becomes?: FsState;
  set?: Record<string, string | null>;
  record?: Recorded | null;
  is?: Json;
  unknown?: true;
  throws?: true;
  resolves?: number[];
  comment?: string;
  expect?: Record<string, Json>;
}

const STEP_KEYS: Record<string, string[]> = {
  make: ['flow', 'options', 'source', 'as'],
  call: ['on', 'call', 'args'],
  answer: ['step', 'gives'],
  advance: ['ms'],
  sleep: ['ms'],
  set_wall: ['ms'],
  input: ['input'],
  leave: [],
  fs: ['becomes'],
  kept: ['set'],
  record: ['record'],
  state: ['is', 'unknown', 'throws', 'resolves'],
  show: [],
};
const OPTIONS: Record<string, string> = {
  wait_ms: 'waitMs', idle_ms: 'idleMs', countdown_ms: 'countdownMs', every_ms: 'everyMs',
  event: 'event', namespace: 'namespace', to: 'to', navigate: 'navigate',
};
const APP_STEPS = ['backend', 'clear', 'load', 'welcome'];

interface Timer {
  atMs: number;
  work: () => void;
  everyMs: number;
}

type Call = [operation: string, options: Json, settle: ((value?: unknown) => void) | null];

export class World {
  readonly happened: Happened[] = [];
  answer: Json = null;
  private wallMs: number;
  /** What timers go by: it never jumps. */
  private runMs = 0;
  private readonly timers = new Map<number, Timer>();
  private timerCount = 0;
  private readonly window = new EventTarget();
  /** The record, in its first home; the others hold it as it was given. */
  private cookie: string | null;
  private readonly homes: Home[];
  private readonly beside: Partial<Record<Home, string>>;
  private readonly isFixed: boolean;
  private hasHarmedAnother = false;
  private readonly local: Map<string, string>;
  private deviceCount = 1;
  private boundTo: string | null = null;
  private queue: Call[] = [];
  private fs: FsState = 'absent';
  private readonly namespace: string;
  private readonly flows: Flows;
  private readonly made: Record<string, Json> = {};
  private readonly waiting: Record<string, (value: unknown) => void> = {};
  private state: () => Json = () => undefined;
  private say: ((state: Json) => void) | null = null;
  private readonly unresolved: ((value: Json) => void)[] = [];

  constructor(given: Given = {}) {
    const { fs = 'ready', record = null, homes = ['cookie'], kept = {}, now_ms = 1_750_000_000_000, namespace = 'FS' } = given;
    this.wallMs = now_ms;
    this.cookie = textOf(record);
    this.homes = homes;
    this.beside = Object.fromEntries(homes.slice(1).map((home) => [home, this.cookie]));
    this.isFixed = !!given.is_fixed;
    this.local = new Map(Object.entries(kept));
    this.namespace = namespace;
    Object.assign(this.window, {
      Date: { now: () => this.wallMs },
      document: this.document(),
      localStorage: {
        getItem: (key: string) => this.local.get(key) ?? this.standing('local')[key] ?? null,
        setItem: (key: string, value: string) => void this.local.set(key, value),
        removeItem: (key: string) => void (this.local.delete(key) || this.remove('local', key)),
      },
      _fs_org: 'o1',
      origin: 'https://www.shop.example',
      location: { hostname: given.is_frame ? '' : 'www.shop.example', pathname: given.is_frame ? 'blank' : '/goods/tea', assign: (url: string) => void this.happened.push(['navigate', url]) },
      setTimeout: (work: () => void, ms: number) => this.schedule(work, ms, 0),
      setInterval: (work: () => void, ms: number) => this.schedule(work, ms, ms),
      clearTimeout: (id: number) => void this.timers.delete(id),
      clearInterval: (id: number) => void this.timers.delete(id),
    });
    this.become(fs);
    this.flows = flowsOn(this.window as unknown as PageWindow);
  }

  /** The record as device and binding; null when there is none. */
  get record(): Recorded | null {
    const found = this.cookie && /^#o1#([^:]+):[^#]*(#[0-9a-f]+)?#\/\d+$/.exec(this.cookie);
    return found ? { device: found[1]!, bound: !!found[2] } : null;
  }

  /** The homes that hold a record. */
  get standingIn(): Home[] {
    return this.homes.filter((home, at) => (at ? this.beside[home] : this.cookie));
  }

  stored(key: string): string | null {
    return this.local.get(key) ?? null;
  }

  /** Performs a step to where nothing more happens by itself. */
  async perform(step: Step): Promise<void> {
    this.happened.length = 0;
    if (this.answer != 'pending') this.answer = null;
    const allowed = STEP_KEYS[step.do];
    if (!allowed) throw new Error(`unknown step ${step.do}`);
    const unknown = Object.keys(step).filter((key) => !['do', 'comment', 'expect', ...allowed].includes(key));
    if (unknown.length) throw new Error(`unknown in step ${step.do}: ${unknown}`);
    await (this as unknown as Record<string, (step: Step) => unknown>)[`do_${step.do}`]!(step);
    await settled();
    if (this.hasHarmedAnother) throw new Error("another org's record was removed");
  }

  do_make({ flow, options = {}, source, as = 'it' }: Step): void {
    const given = this.options(options);
    const { flows } = this;
    switch (flow) {
      case 'switchAccount':
      case 'switchWorkspace':
        return this.await_(flows[flow](given));
      case 'idleTimeout':
        this.made[as] = { stop: flows.idleTimeout({ ...given, countdown: this.countdown, expired: () => void this.happened.push(['expired']) } as Json) };
        return;
      case 'logoutService':
        this.made[as] = { run: flows.logoutService(given) };
        return;
      case 'kiosk':
        this.made[as] = flows.kiosk({ ...given, countdown: this.countdown } as Json);
        return;
      case 'incognito':
        this.made[as] = flows.incognito({ ...given, changed: (isOn) => void this.happened.push(['indicator', isOn]) });
        return;
      case 'followAuth':
        this.made[as] = flows.followAuth(this.source(source!), given);
        return;
    }
    throw new Error(`unknown flow ${flow}`);
  }

  do_call({ on = 'it', call, args = [] }: Step): void {
    const work = this.made[on][call!];
    if (!work) throw new Error(`${on} has no ${call}`);
    const found = work(...args);
    if (found) this.await_(found);
  }

  do_answer({ step, gives }: Step): void {
    this.waiting[step!]!(gives);
  }

  async do_advance({ ms }: Step): Promise<void> {
    const until = this.runMs + ms!;
    for (;;) {
      const due = [...this.timers].sort(([, one], [, other]) => one.atMs - other.atMs)[0];
      if (!due || due[1].atMs > until) break;
      const [id, timer] = due;
      this.wallMs += timer.atMs - this.runMs;
      this.runMs = timer.atMs;
      if (timer.everyMs) timer.atMs += timer.everyMs;
      else this.timers.delete(id);
      timer.work();
      await settled();
    }
    this.wallMs += until - this.runMs;
    this.runMs = until;
  }

  do_sleep({ ms }: Step): void {
    this.wallMs += ms!;
  }

  do_set_wall({ ms }: Step): void {
    this.wallMs = ms!;
  }

  do_input({ input = 'pointerdown' }: Step): void {
    this.window.dispatchEvent(new Event(input));
  }

  do_leave(): void {
    this.window.dispatchEvent(new Event('pagehide'));
  }

  do_show(): void {
    this.window.dispatchEvent(new Event('focus'));
  }

  do_fs({ becomes }: Step): void {
    this.become(becomes!);
  }

  do_kept({ set }: Step): void {
    for (const [key, value] of Object.entries(set!)) {
      if (value === null) this.local.delete(key);
      else this.local.set(key, value);
    }
    this.window.dispatchEvent(new Event('storage'));
  }

  do_record({ record }: Step): void {
    this.cookie = textOf(record!);
  }

  do_state({ is, unknown, throws, resolves }: Step): void {
    if (resolves) return resolves.forEach((number) => this.unresolved[number]!(is));
    this.state = () => {
      if (throws) throw new Error('the app does not know');
      return unknown ? undefined : is;
    };
    if (this.say) this.say(unknown ? undefined : is);
  }

  private await_(promise: Promise<Json>): void {
    this.answer = 'pending';
    promise.then((failures) => (this.answer = failures ? failures.map(({ step, code }: Json) => [step, code]) : null));
  }

  private readonly countdown = (leftMs: number | null): void => void this.happened.push(['countdown', leftMs]);

  private options(options: Record<string, Json>): Json {
    const entries = Object.entries(options).map(([key, value]) => {
      if (APP_STEPS.includes(key)) return [key, this.appStep(key, value)];
      if (!OPTIONS[key]) throw new Error(`unknown option ${key}`);
      return [OPTIONS[key], value];
    });
    return Object.fromEntries(entries);
  }

  private appStep(step: string, how: Json): () => unknown {
    return () => {
      this.happened.push([step]);
      if (how.gives !== undefined) return how.gives;
      switch (how) {
        case 'works':
          return undefined;
        case 'throws':
          throw new Error(step);
        case 'rejects':
          return Promise.reject(new Error(step));
        case 'refuses':
          return Promise.resolve({ ok: false, status: 500 });
        case 'hangs':
          return new Promise(() => undefined);
        case 'waits':
          return new Promise((resolve) => (this.waiting[step] = resolve));
      }
      throw new Error(`unknown way to ${step}: ${how}`);
    };
  }

  private source(kind: string): Json {
    const subscribe = (say: (state: Json) => void): (() => void) => {
      this.say = say;
      return () => {
        this.say = null;
        this.happened.push(['unsubscribed']);
      };
    };
    switch (kind) {
      case 'function':
        return () => this.state();
      case 'promises':
        return () => new Promise((resolve) => this.unresolved.push(resolve));
      case 'subscribe':
        return subscribe;
      case 'observable':
        return { subscribe: (say: (state: Json) => void) => ({ unsubscribe: subscribe(say) }) };
      case 'key':
        return 'auth';
      case 'none':
        return undefined;
    }
    throw new Error(`unknown source ${kind}`);
  }

  private schedule(work: () => void, ms: number, everyMs: number): number {
    this.timers.set(++this.timerCount, { atMs: this.runMs + ms, work, everyMs });
    return this.timerCount;
  }

  /** What stands in homes of a kind, by name. Beside ours there is always another org's, where it took the plain name. */
  private standing(kind: 'cookie' | 'path' | 'local'): Record<string, string> {
    const found: Record<string, string> = {};
    this.homes.forEach((home, at) => {
      const text = at ? this.beside[home] : this.cookie;
      if (!home.endsWith(kind)) return;
      if (home.startsWith('own')) found['fs_uid'] = textOf({ device: 'theirs', bound: true }, 'o2')!;
      if (text) found[nameIn(home)] = text;
    });
    return found;
  }

  /** Removes what stands under a name, if that is a record of ours. */
  private remove(kind: 'cookie' | 'path' | 'local', name: string): void {
    this.homes.forEach((home, at) => {
      if (this.isFixed || !home.endsWith(kind) || nameIn(home) != name) return;
      if (at) delete this.beside[home];
      else this.cookie = null;
    });
    if (name == 'fs_uid' && this.homes.some((home) => home.startsWith('own') && home.endsWith(kind))) this.hasHarmedAnother = true;
  }

  private document(): object {
    const world = this;
    return {
      get cookie(): string {
        const found = [...Object.entries(world.standing('cookie')), ...Object.entries(world.standing('path'))];
        return ['a=1', ...found.map(([name, text]) => `${name}=${text}`)].join('; ');
      },
      set cookie(text: string) {
        const [, name = '', path, , domain] = /^(\w+)=;max-age=0;path=([^;]*)(;domain=(.*))?$/.exec(text) ?? [];
        if (path == '/' && domain == 'shop.example') world.remove('cookie', name);
        if (path == '/goods' && domain === undefined) world.remove('path', name);
      },
    };
  }

  /** `FS` as it is: absent, a stub whose script is under way or failed, the real thing, or one that does nothing. */
  private become(state: FsState): void {
    const queue = this.queue;
    this.fs = state;
    (this.window as Json)[this.namespace] = state == 'absent' ? undefined : this.stub;
    if (state == 'ready' || state == 'stuck') this.queue.splice(0).forEach((call) => this.act(call));
    if (state == 'failed') queue.splice(0).forEach(([, , settle]) => settle?.(Promise.reject(new Error('Error loading fs.js'))));
  }

  private readonly stub = (operation: string, options: Json, source: string): unknown => {
    if (source != 'flows') throw new Error('a call without its source');
    this.tell(operation, options);
    const isAsync = operation.endsWith('Async');
    let settle: ((value?: unknown) => void) | null = null;
    const promise = isAsync ? new Promise((resolve) => (settle = resolve)) : null;
    this.queue.push([operation.replace(/Async$/, ''), options, settle]);
    if (this.fs == 'deaf') return undefined;
    this.become(this.fs);
    return promise;
  };

  private tell(operation: string, options: Json): void {
    const { uid, anonymous, force, name, properties, signature } = options;
    const given = properties && Object.keys(properties).length ? [properties] : [];
    if (operation == 'trackEvent') this.happened.push(['event', name, ...given]);
    else if (anonymous === true) this.happened.push(force ? ['anonymize', 'force'] : ['anonymize']);
    else this.happened.push(['identify', uid, ...given, ...('signature' in options ? [signature] : [])]);
  }

  /** What the real one makes of a call (ID-2, ID-4, ID-5, ID-6, ID-7). */
  private act([operation, { uid, anonymous, force }, settle]: Call): void {
    if (anonymous && this.fs == 'stuck') return settle?.(Promise.reject(Object.assign(new Error('not_released'), { code: 'not_released' })));
    if (uid === 'undefined') return settle?.(Promise.reject(Object.assign(new Error('placeholder_uid'), { code: 'placeholder_uid' })));
    if (operation == 'setIdentity') {
      const { device, bound } = this.record || { device: this.mint(), bound: false };
      const isRotating = anonymous ? bound || force : bound && this.boundTo !== String(uid);
      this.boundTo = anonymous ? null : String(uid);
      this.cookie = textOf({ device: isRotating ? this.mint() : device, bound: uid !== undefined });
    }
    settle?.();
  }

  private mint(): string {
    return `d${++this.deviceCount}`;
  }
}

function nameIn(home: Home): string {
  return home.startsWith('own') ? 'fs_uid_o1' : 'fs_uid';
}

function textOf(record: Recorded | null, org = 'o1'): string | null {
  return record && `#${org}#${record.device}:s1:1750000000000::1${record.bound ? '#0123456789abcdef' : ''}#/1781536000`;
}

/** Until every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
