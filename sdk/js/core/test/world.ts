/** The injected world of a vector: clock, ids, storage, transport and timers, all in plain sight (spec/vectors/README.md). */

import { type Config, type Machine, makeMachine, type Ports, type Request } from '../src/index';
import { isSuspicious } from '../src/placeholder';

export interface Given {
  config?: Record<string, unknown>;
  clock: { wall_ms: number };
  ids: Record<string, string[]>;
  keys?: string[];
  storage: Record<string, string> | null;
  page?: { url: string; title?: string; referrer?: string };
  strays?: string[];
  random?: number[];
  storage_fails?: Fails;
}

/** Which writes and removals storage refuses. Reading always works. */
const REFUSALS: Record<string, (key: string, value: string | null) => boolean> = {
  false: () => false,
  true: () => true,
  writes: (_, value) => value !== null,
  record: (key) => key.startsWith('fs_uid'),
  outbox: (key) => key.startsWith('fs_out.'),
};

type Fails = boolean | 'writes' | 'record' | 'outbox';

export interface Step {
  do: string;
  call?: string;
  args?: any;
  api?: 1 | 2;
  source?: string;
  async?: boolean;
  ms?: number;
  event?: string;
  set?: Record<string, string | null>;
  records?: string[];
  url?: string;
  title?: string;
  request?: string;
  status?: number;
  headers?: Record<string, string>;
  body?: any;
  error?: string;
  fails?: Fails;
  at?: string;
  comment?: string;
  expect?: Record<string, any>;
}

/** What happened during one step. */
export interface Seen {
  returns?: unknown;
  error?: string | undefined;
  changes: object[];
  writes: Record<string, string | null>;
  requests: object[];
  callbacks: object[];
  notes: string[];
  settled: object[];
}

const STEP_KEYS: Record<string, string[]> = {
  start: ['args'],
  call: ['call', 'args', 'api', 'source', 'async'],
  advance: ['ms'],
  set_wall: ['ms'],
  app: ['event'],
  restart: ['args'],
  write_storage: ['set', 'at'],
  write_strays: ['records'],
  navigate: ['url', 'title'],
  reply: ['request', 'status', 'headers', 'body'],
  fail: ['request', 'error'],
  storage_fails: ['fails'],
};

export class World {
  machine!: Machine;
  seen: Seen = nothing();
  readonly timers = new Map<string, number>();
  readonly storage: Map<string, string>;
  private nowMs: number;
  private page: { url: string; title?: string; referrer?: string };
  private readonly ids: Record<string, string[]>;
  private readonly random: number[];
  private readonly keys: string[];
  private strays: string[];
  private fails: Fails;
  /** What another tab writes when the next id is minted. */
  private awaitsMint: Record<string, string | null>[] = [];
  private isDead = false;

  constructor(private readonly given: Given) {
    this.nowMs = given.clock.wall_ms;
    this.storage = new Map(Object.entries(given.storage || {}));
    this.page = given.page || { url: 'https://app.example/' };
    this.ids = Object.fromEntries(Object.entries(given.ids).map(([kind, ids]) => [kind, [...ids]]));
    this.random = [...(given.random || [])];
    this.keys = [...(given.keys || [])];
    this.strays = [...(given.strays || [])];
    this.fails = given.storage_fails ?? false;
    this.load();
  }

  /** Ids that nobody drew. */
  get undrawn(): string[] {
    return [...Object.values(this.ids).flat(), ...this.keys];
  }

  private load(): void {
    this.timers.clear();
    this.isDead = false;
    this.machine = makeMachine(this.ports());
  }

  private ports(): Ports {
    const write = (key: string, value: string | null): boolean => {
      if (REFUSALS[String(this.fails)]!(key, value)) return false;
      this.seen.writes[key] = value;
      if (value === null) this.storage.delete(key);
      else this.storage.set(key, value);
      return true;
    };
    return {
      wallMs: () => this.nowMs,
      mint: (kind) => {
        this.awaitsMint.splice(0).forEach((set) => this.writeStorage(set));
        if (kind == 'key') return this.keys.shift() ?? '';
        const id = (this.ids[kind] || []).shift();
        if (!id) throw new Error(`the vector gives no more ids of kind ${kind}`);
        return id;
      },
      storage: {
        read: (key) => this.storage.get(key) ?? null,
        write,
        strays: () => this.strays.splice(0),
        disown: () => undefined,
        keys: (prefix) => [...this.storage.keys()].filter((key) => key.startsWith(prefix)),
      },
      send: ({ id, bundle, leaving }: Request) => {
        this.seen.requests.push({ id, leaving, method: 'POST', path: '/rec/bundle', body: JSON.parse(JSON.stringify(bundle)) });
      },
      setTimer: (name, atMs) => void this.timers.set(name, atMs),
      clearTimer: (name) => void this.timers.delete(name),
      page: () => this.page,
      random: () => this.random.shift() ?? 0.5,
      changed: (from, to, why) => {
        for (const what of ['device', 'session', 'page', 'uid'] as const) {
          if (from[what] != to[what]) this.seen.changes.push({ what, from: from[what], to: to[what], why });
        }
      },
      notify: (name, args) => void this.seen.callbacks.push({ name, args: JSON.parse(JSON.stringify(args)) }),
      isSuspicious,
      note: (code) => void this.seen.notes.push(code),
    };
  }

  /** Performs a step; what happened is in `seen`. */
  perform(step: Step): Seen {
    this.seen = nothing();
    const allowed = STEP_KEYS[step.do];
    if (!allowed) throw new Error(`unknown step ${step.do}`);
    const unknown = Object.keys(step).filter((key) => !['do', 'comment', 'expect', ...allowed].includes(key));
    if (unknown.length) throw new Error(`unknown in step ${step.do}: ${unknown}`);
    if (this.isDead && step.do != 'restart' && step.do != 'write_storage') throw new Error('the process is dead');
    (this as unknown as Record<string, (step: Step) => void>)[`do_${step.do}`]!(step);
    return this.seen;
  }

  private config(args?: object): Config {
    return { org: 'o1', ...this.given.config, ...args };
  }

  do_start({ args }: Step): void {
    this.machine.start(this.config(args));
  }

  do_restart({ args }: Step): void {
    this.load();
    this.machine.start(this.config(args));
  }

  do_call({ call, args, api = 2, source, async }: Step): void {
    const answer = this.machine.call(call!, args, api, source);
    if (async) {
      this.machine.settle(answer, (error) => this.seen.settled.push(error ? { call, ok: false, error } : { call, ok: true }));
      return;
    }
    this.seen.returns = answer.value;
    this.seen.error = answer.error;
  }

  do_advance({ ms }: Step): void {
    const until = this.nowMs + ms!;
    for (;;) {
      const [name, atMs] = [...this.timers].sort((one, other) => one[1] - other[1])[0] || [];
      if (name === undefined || atMs! > until) break;
      this.timers.delete(name);
      this.nowMs = Math.max(this.nowMs, atMs!);
      this.machine.timer(name as 'flush');
    }
    this.nowMs = until;
  }

  do_set_wall({ ms }: Step): void {
    this.nowMs = ms!;
  }

  do_app({ event }: Step): void {
    if (event == 'terminate') {
      this.isDead = true;
      this.timers.clear();
    } else this.machine.app(event as 'hide');
  }

  do_write_storage({ set, at }: Step): void {
    if (at !== undefined && at != 'mint') throw new Error(`unknown time ${at}`);
    if (at) this.awaitsMint.push(set!);
    else this.writeStorage(set!);
  }

  private writeStorage(set: Record<string, string | null>): void {
    for (const [key, value] of Object.entries(set)) {
      if (value === null) this.storage.delete(key);
      else this.storage.set(key, value);
    }
  }

  do_write_strays({ records }: Step): void {
    this.strays.push(...records!);
  }

  do_navigate({ url, title }: Step): void {
    this.page = { ...this.page, url: url!, ...(title !== undefined && { title }) };
    this.machine.navigated();
  }

  do_storage_fails({ fails }: Step): void {
    if (!REFUSALS[String(fails)]) throw new Error(`unknown failure ${fails}`);
    this.fails = fails!;
  }

  do_reply({ request, status, headers = {}, body }: Step): void {
    this.machine.reply(request!, status!, new Headers(headers).get('retry-after'), body);
  }

  do_fail({ request, error }: Step): void {
    if (!error) throw new Error('a failure has an error');
    this.machine.reply(request!, 0, null, null);
  }
}

function nothing(): Seen {
  return { changes: [], writes: {}, requests: [], callbacks: [], notes: [], settled: [] };
}
