/**
 * The client core: who this browser or app is, and when it stops being that person (CL).
 *
 * A machine is one page load. Its functions work on one object, `Core`: the ports it was given, and what each module
 * keeps of the page, which that module describes. It is always called `c`, and always comes first: bundles rely on that
 * (flat.mjs), since functions that need not be given it are less for browsers to load.
 * Here is what comes in from outside; at the end of each, what is due is sent and observers are told.
 */

import { type AcknowledgementsState, settle, type Settle, settleLate } from './acknowledgements';
import type { ActivityState } from './activity';
import type { AddressState } from './address';
import { activity, type Answer, type Call, callOf, type Done, RECORDING, session, setIdentity } from './calls';
import { follow, goApart, guard, resume, takeUp } from './identity';
import type { LimitsState } from './limits';
import { lookAtPlace, type PageNamesState } from './page-names';
import type { AppEvent, Ports, State, TimerName } from './ports';
import type { PresenceState } from './presence';
import { type Entry, hurry, pump, type QueueState, reply, revive, sendAll, takeRemains } from './queue';
import { goOn, record, type RecorderState, recordPage, wait } from './recorder';
import { type Config, configure, DEFAULTS, type Settings } from './settings';
import { beginSession, isPageHeld, isUnknown, NEWS, renew, type StandingState, state, tellSession, urlOf } from './standing';
import type { StoreState } from './store';

export interface Machine {
  /** Takes the configuration, once, and begins to capture unless that is switched off (CL-3, SE-4). */
  start(config: Config): void;
  /** Performs call `name`. Nothing is thrown; what is wrong is noted and answered. */
  call(name: string, options?: unknown, api?: 1 | 2, source?: unknown): Answer;
  /** Settles with what a call gave, once: when the server has answered, if the call is to wait for that (ID-8). */
  settle(answer: Answer, settle: Settle): void;
  /** The URL of the page may have changed (CL-11). */
  navigated(): void;
  app(event: AppEvent): void;
  /** The wall clock is at the time that was set for `name`. */
  timer(name: TimerName): void;
  /** The answer to request `id`; status 0: there was none. */
  reply(id: string, status: number, retryAfter: string | null, body: unknown): void;
  state(): State;
  /** This core's own operations not yet answered, oldest first. */
  entries(): readonly Entry[];
  /** As they are from the start on. */
  readonly settings: Settings;
  isCapturing(): unknown;
  /** Whether the app has said who is there, or that nobody is, be it while nothing was captured. */
  readonly hasSpoken?: boolean;
  /** Whether it is not known whose session this is (CL-16). */
  isUnknown(): unknown;
}

export interface Core
  extends Ports, StoreState, AcknowledgementsState, ActivityState, AddressState, LimitsState, PageNamesState, PresenceState, QueueState, RecorderState, StandingState {
  settings: Settings;
  hasSpoken?: boolean;
}

/** What each call does, by its name. */
const CALLS: Record<string, (c: Core, call: Call) => Done> = {
  // @ts-expect-error: so that no call is called `toString`.
  __proto__: null,
  ...RECORDING,
  setIdentity,
  activity,
  start: (c) => (c.isShut ? 'not_capturing' : begin(c)),
  restart,
  shutdown,
};

function start(c: Core, config: Config): void {
  configure(c.settings, config);
  if (c.settings.capture) begin(c);
  finish(c);
}

/** Capture begins on this page load. */
function begin(c: Core): void {
  if (c.isOn) return;
  const { hold } = c.settings;
  c.isOn = c.hasBegun = true;
  c.isShut = false;
  takeUp(c);
  if (hold == 'auth') c.waiting = [];
  if (hold != 'page') recordPage(c);
  tellStart(c);
  takeRemains(c);
}

function tellStart(c: Core): void {
  c.news.start = {};
  tellSession(c);
}

/** Does a call, or keeps it until it is known who is there (CL-16). */
function call(c: Core, name: string, given?: unknown, api?: unknown, source?: unknown): Answer {
  if (name == 'getSession') return { value: session(c, given) };
  const made = callOf(c, name, given, api, source);
  const { options } = made;
  const run = CALLS[made.name];
  const isIdentity = run == setIdentity;
  const isRecording = RECORDING[made.name];
  const act = (): Done => {
    const wrong = !run ? 'unknown_call' : isRecording && !c.isOn ? 'not_capturing' : run(c, made);
    if (wrong) c.note(wrong);
    return wrong;
  };
  // What says who is there, or that nobody is, is heard while nothing is captured, and waits for nothing.
  const isSpoken = isIdentity && (options.uid !== undefined || options.anonymous !== undefined);
  if (isSpoken) c.hasSpoken = true;
  const error = !isSpoken && (isRecording || isIdentity) && wait(c, act) ? undefined : act();
  const entry = finish(c);
  return error ? { error } : { value: null, entry: options.ack === true ? entry : null };
}

/** What an input has set going is sent, and observers are told. Gives the `end`, or else the `identify`, that it recorded. */
function finish(c: Core): Entry | null | undefined {
  const news = c.news;
  const identityEntry = c.identityEntry;
  c.identityEntry = null;
  pump(c);
  if (!isUnknown(c)) {
    c.news = {};
    if (news.start) news.start = { sessionUrl: urlOf(c, c.here!) };
    for (const name of NEWS) if (news[name]) c.notify(name, news[name]);
  }
  return identityEntry;
}

/** The page has said nothing of who is there, and is not waited for any longer (CL-16). */
function ready(c: Core): void {
  if (!c.isOn || (!c.waiting && (c.count || !isPageHeld(c)))) return;
  follow(c);
  if (isUnknown(c)) goApart(c, 'apart');
  goOn(c);
  if (c.isPageDue && isPageHeld(c)) recordPage(c);
}

/** Ends the session and stops capture (SE-3). */
function shutdown(c: Core, { source }: Call): void {
  const wasOn = c.isOn;
  if (wasOn) {
    ready(c);
    follow(c);
    record(c, 'end', { why: 'shutdown' }, source);
  }
  if (!c.isShut) c.news.shutdown = { reason: 0 };
  c.isOn = false;
  c.isShut = true;
  if (wasOn) beginSession(c, 'shutdown', 0);
}

/** Begins to capture again (SE-3). */
function restart(c: Core): void {
  if (!c.isShut) return;
  if (!c.hasBegun) return begin(c);
  c.isOn = true;
  c.isShut = false;
  resume(c);
  recordPage(c);
  tellStart(c);
}

function navigated(c: Core): void {
  if (!c.isOn || c.page().url == c.lookedAt) return;
  lookAtPlace(c);
  if (!c.waiting) {
    follow(c);
    renew(c);
  }
  recordPage(c);
  finish(c);
}

function timer(c: Core, name: TimerName): void {
  if (name == 'settle') settleLate(c);
  else if (name == 'retry') c.isRetrying = false;
  else hurry(c);
  pump(c);
}

function app(c: Core, event: AppEvent): void {
  if (event == 'foreground') activity(c);
  else if (event == 'resume') revive(c);
  else if (event == 'look') guard(c);
  else {
    ready(c);
    if (event != 'ready') {
      guard(c);
      sendAll(c);
    }
  }
  finish(c);
}

export function makeMachine(ports: Ports): Machine {
  const c = { ...ports } as Core;
  c.here = c.pageHere = c.uidHere = null;
  c.seenAt = c.requests = c.attempts = 0;
  c.operationsMax = Infinity;
  c.unsettled = [];
  c.queued = [];
  c.remains = [];
  c.underWay = new Map();
  c.left = {};
  c.news = {};
  c.settings = { ...DEFAULTS } as Settings;
  return Object.assign(c, {
    start: start.bind(null, c),
    call: call.bind(null, c),
    settle: settle.bind(null, c),
    navigated: navigated.bind(null, c),
    app: app.bind(null, c),
    timer: timer.bind(null, c),
    reply: reply.bind(null, c),
    state: state.bind(null, c),
    entries: () => c.queued,
    settings: c.settings,
    isUnknown: isUnknown.bind(null, c),
    isCapturing: () => c.isOn,
  });
}
