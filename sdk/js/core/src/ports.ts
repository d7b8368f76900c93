/**
 * What the core is given instead of a world (CL-1). Everything is synchronous but the transport, whose answers come
 * back through `Machine.reply`. No port throws, none but `notify` may call the machine from within, and none needs `this`.
 */

export type Kind = 'device' | 'session' | 'page' | 'key';
export type TimerName = 'flush' | 'retry' | 'settle';
/**
 * The page is hidden or left, so that everything goes out now (QU-3); or the app is back, which is activity (SE-1); or
 * the page is not to be waited for any longer (CL-16); or it was frozen, and its requests are lost (QU-4); or the
 * platform has reason to look whether a user who left came back (ID-11).
 */
export type AppEvent = 'hide' | 'leave' | 'background' | 'foreground' | 'ready' | 'resume' | 'look';
export type ChangeWhy =
  | 'start' | 'identify' | 'reidentify' | 'anonymize' | 'forget' | 'idle' | 'age'
  | 'shutdown' | 'restart' | 'tab' | 'returned' | 'lost' | 'split' | 'apart' | 'page';

/** What the core knows of itself (CL-8). */
export interface State {
  capture: 'off' | 'on' | 'shutdown';
  device: string | null;
  session: string | null;
  page: string | null;
  uid: string | null;
  bound: boolean;
}

export interface Storage {
  read(key: string): string | null;
  /** Null removes. False when that had no effect. Never throws. */
  write(key: string, value: string | null): boolean;
  keys(prefix: string): string[];
  /** The records that stand in homes not in use, which are removed by asking (ST-1). */
  strays(): string[];
  /** A user was let go: a record that this page could not see or replace is to be ended by the first page that can (ID-17). */
  disown(): void;
}

export interface Operation {
  op: string;
  n: number;
  t: number;
  [member: string]: unknown;
}

/** A bundle (WI-2), but for `sent` while it is kept. */
export interface Envelope {
  ops: Operation[];
  [member: string]: unknown;
}

/** What goes by POST to `/rec/bundle` (CL-15); never answered from within `send`. */
export interface Request {
  id: string;
  /** To be sent as JSON, as it is now. */
  bundle: Envelope;
  /** The page is going away: the request has to outlive it. */
  leaving: boolean;
}

export type PageInfo = {
  url: string;
  title?: string | undefined;
  referrer?: string | undefined;
};

export interface Ports {
  /** Wall time in ms since 1970. */
  wallMs(): number;
  mint(kind: Kind): string;
  storage: Storage;
  send(request: Request): void;
  setTimer(name: TimerName, atMs: number): void;
  clearTimer(name: TimerName): void;
  page(): PageInfo;
  /** In [0, 1). */
  random(): number;
  /** Device, session, page or uid of this page may be others now; called once a change. */
  changed(from: State, to: State, why: ChangeWhy): void;
  notify(name: 'start' | 'session' | 'shutdown' | 'user', args: Record<string, unknown>): void;
  /** Whether a uid is likely not one person's; a platform without it leaves that to the reply's notes (ID-9.1). */
  isSuspicious?(uid: string): boolean;
  /** A diagnostic; one about a property is `code:name`. */
  note(code: string): unknown;
}
