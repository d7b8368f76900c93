/** The function `FS` on the page, typed so that a call which would leave somebody identified by mistake does not compile. */

type NoListNorFunction = { readonly [Symbol.iterator]?: never; readonly [Symbol.hasInstance]?: never };
/** An object with names, of an interface or a class too (PR-1). Values that JSON cannot hold, such as a function, are left out (CL-19). */
export type Properties = { readonly [name: string]: unknown } | (object & NoListNorFunction);

type Kind = 'str' | 'int' | 'real' | 'bool' | 'date';
export type PropertyType = Kind | `${Kind}s`;
type Types = { readonly [name: string]: PropertyType };
/** Types by name, with or without the `properties` around them. A type that nobody knows costs its property, not the call (PR-1.2). */
export type Schema = { readonly properties: Types } | Types | Properties;

interface Told {
  properties?: Properties | undefined;
  schema?: Schema | undefined;
}

/** Texts that come of a bug, and would make one user of many strangers (ID-9). */
type Placeholder =
  | '' | 'undefined' | 'null' | 'none' | 'nil' | 'nan' | 'void' | 'n/a' | 'true' | 'false' | 'infinity'
  | '[object object]' | `{{${string}}}` | `\${${string}}` | `<%${string}`;
type Checked<Uid> = Uid extends string ? (Lowercase<Uid> extends Placeholder ? never : Uid) : Uid;

/** Says who is there. */
export interface Identify<Uid extends string | number | false = string | number> extends Told {
  uid: Uid & Checked<Uid>;
  /** What your server signed of the uid: the proof of it, where the org asks for one. */
  signature?: string;
  consent?: boolean;
  /** For this page alone: what other pages know stays as it is. */
  scope?: 'page';
  anonymous?: false | undefined;
  force?: never;
  ack?: boolean;
}

/** Says that the user has gone. Properties beside it are left out, with a warning: nobody is there whose they are (CL-9). */
export interface Anonymize extends Told {
  anonymous: true;
  /** Renews the device of a visitor who never signed in, too. */
  force?: boolean;
  /** The Async form waits until the server has heard. */
  ack?: boolean;
  /** Ends what the same scope began: the page goes on as nobody. */
  scope?: 'page';
  consent?: boolean;
  uid?: false | undefined;
}

/** Says what the user agreed to, and nothing about who it is. Properties beside it are left out. */
export interface Consent extends Told {
  consent: boolean;
  uid?: undefined;
  anonymous?: undefined;
}

/** The older way to say that the user has gone. */
export interface Release extends Told {
  uid: false;
  anonymous?: boolean;
  force?: boolean;
  ack?: boolean;
  scope?: 'page';
  consent?: boolean;
}

export type Identity = Anonymize | Consent | Release;

/** What the `code` of the error is that an Async call is rejected with. */
export type ErrorCode =
  | 'invalid_uid' | 'placeholder_uid' | 'uid_and_anonymous' | 'invalid_anonymous' | 'empty_identity'
  | 'invalid_scope' | 'rate_limited' | 'not_capturing' | 'not_acknowledged' | 'not_released'
  | 'invalid_event_name' | 'invalid_event_type' | 'invalid_properties' | 'invalid_log' | 'unknown_call';

export interface Session {
  orgId: string;
  userId: string;
  sessionId: string;
  pageId: string | null;
}

export interface UserSnapshot {
  uid?: string;
  properties: { displayName?: string; email?: string; [name: string]: unknown };
}

export interface Environment {
  orgId: string;
  scheme: string;
  recHost: string;
  recSettingsHost: string;
  appHost: string;
  namespace: string;
  snippetVersion: string;
  [name: string]: unknown;
}

/** A bundle that the service has answered. Times are milliseconds since 1970, `size` is in characters. */
export interface SentBundle {
  orgId: string;
  userId: string;
  sessionId: string;
  pageId: string;
  recHost: string;
  response: unknown;
  clientTime: number;
  seq: number;
  size: number;
}

interface Observed {
  start: { sessionUrl: string; settings: Record<string, unknown>; env?: Environment };
  session: { url: string };
  shutdown: { reason: number };
  'internal/user': { user: UserSnapshot | null };
  'internal/bundle': SentBundle;
  'internal/error': { message: string };
  'internal/fs-init': object;
}

export interface Observer {
  disconnect(): void;
  failed?: true;
}

type Observe = { [Type in keyof Observed]: { type: Type; callback: (told: Observed[Type]) => void } }[keyof Observed];
type Level = 'log' | 'info' | 'warn' | 'error' | 'debug';

/** What each operation is given, and what it answers. */
interface Operations {
  trackEvent: { given: [{ name: string } & Told]; answer: void };
  setProperties: { given: [{ type: 'user' | 'page' | 'document'; properties: Properties; schema?: Schema }]; answer: void };
  setPage: { given: [Properties]; answer: void };
  getConfig: { given: []; answer: { env: Environment; user?: UserSnapshot } };
  init: { given: [{ env?: Partial<Environment>; privacy?: { attributeBlocklist?: unknown } }]; answer: void };
  log: { given: [{ level?: Level; msg: unknown }]; answer: void };
  source: { given: [{ source: { integration?: string; userInitiated?: boolean } }]; answer: void };
  observe: { given: [Observe]; answer: Observer };
  setConfig: { given: [{ console: boolean }]; answer: void };
  start: { given: []; answer: void };
  shutdown: { given: []; answer: void };
  restart: { given: []; answer: void };
  stat: { given: [{ event_type: string; properties?: Properties }]; answer: void };
  getFullstoryId: { given: [Node]; answer: number };
}

export type Operation = keyof Operations | 'setIdentity' | 'getSession';

/** Options, then the name of who calls; options may be left out where an operation has none. */
type Given<Op extends keyof Operations> = Operations[Op]['given'] extends [infer Options]
  ? [options: Options, source?: string]
  : [options?: undefined, source?: string];

type Format = 'url' | 'id' | 'url.now';
type Maybe<Format> = { format?: Format | undefined };

/**
 * `FS(operation, options, source)`. Before `fs.js` is there a synchronous call answers with null. With `Async` behind the
 * name it answers with a promise, which is settled when the call is done and rejected when it was refused or dropped.
 */
export interface FS extends V1 {
  (operation: 'setIdentity', options: Identity, source?: string): void;
  <Uid extends string | number | false>(operation: 'setIdentity', options: Identify<Uid>, source?: string): void;
  /** A uid alone; `false` anonymizes. */
  <Uid extends string | number | false>(operation: 'setIdentity', uid: Uid & Checked<Uid>, source?: string): void;
  (operation: 'setIdentityAsync', options: Identity, source?: string): Promise<void>;
  <Uid extends string | number | false>(operation: 'setIdentityAsync', options: Identify<Uid>, source?: string): Promise<void>;
  <Uid extends string | number | false>(operation: 'setIdentityAsync', uid: Uid & Checked<Uid>, source?: string): Promise<void>;

  (operation: 'getSession', options: { format: 'all' }, source?: string): Session | null;
  (operation: 'getSession', options?: Maybe<Format>, source?: string): string | null;
  (operation: 'getSession', options: Maybe<Format | 'all'>, source?: string): string | Session | null;
  (operation: 'getSessionAsync', options: { format: 'all' }, source?: string): Promise<Session>;
  (operation: 'getSessionAsync', options?: Maybe<Format>, source?: string): Promise<string>;
  (operation: 'getSessionAsync', options: Maybe<Format | 'all'>, source?: string): Promise<string | Session>;

  <Op extends keyof Operations>(operation: Op, ...given: Given<Op>): Answer<Op>;
  <Op extends keyof Operations>(operation: `${Op}Async`, ...given: Given<Op>): Promise<Operations[Op]['answer']>;
}

type Answer<Op extends keyof Operations> = Operations[Op]['answer'] extends void ? void : Operations[Op]['answer'] | null;

/** The calls of the first version. */
export interface V1 {
  identify<Uid extends string | number | false>(uid: Uid & Checked<Uid>, properties?: Properties, source?: string): void;
  anonymize(): void;
  setUserVars(properties: Properties, source?: string): void;
  setVars(type: 'user' | 'page' | 'document', properties: Properties, source?: string): void;
  event(name: string, properties?: Properties, source?: string): void;
  consent(given?: boolean): void;
  /** What comes behind the message is left out. */
  log(level: Level, message: unknown, ...rest: unknown[]): void;
  log(message: unknown, ...rest: unknown[]): void;
  shutdown(): void;
  restart(): void;
  /** The rest are there once `fs.js` is. */
  getCurrentSession?(): string | null;
  getCurrentSessionURL?(now?: boolean): string | null;
  /** Its name before that. */
  getSessionURL?(now?: boolean): string | null;
  enableConsole?(): void;
  disableConsole?(): void;
  getFullstoryId?(node: Node): number;
}
