/** The app's auth state says who is there (ID-14, FL-9 to FL-11). */

import type { Common, Page, Person } from './page';

type Stop = (() => void) | { unsubscribe(): void } | void;

type Subscribable<State> = ((say: (state: State) => void) => Stop) | { subscribe(say: (state: State) => void): Stop };

/** The key of a local storage item, a function that gives the state or a promise of it, or something to subscribe to. */
export type Source<State> = string | (() => State | Promise<State>) | Subscribable<State>;

export interface FollowOptions<State> extends Common {
  /** Whom a state means: a user, null for nobody, undefined for not known yet. */
  user?: ((state: State) => Person | string | number | null | undefined) | undefined;
  everyMs?: number | undefined;
}

export interface Follower<State> {
  /** Says a state, as a framework's hook gives it. */
  say(state: State): void;
  stop(): void;
}

const EVENTS = ['storage', 'focus', 'pageshow', 'visibilitychange'];
const UID_KEYS = ['uid', 'userId', 'id', 'sub'];

export function followAuth<State = unknown>(
  page: Page, source?: Source<State>, options: FollowOptions<State> = {},
): Follower<State> {
  const { win } = page;
  const { everyMs = 1000, user = (state: any) => state } = options;
  let state: any;
  /** The uid last said; null for nobody, undefined before anything was. */
  let said: string | null | undefined;
  /** Whether that one came with a signature, which an app may get to know later than the uid. */
  let isSigned = false;
  /** Whether there was an `FS` to say it to: one that waits for the first state is to hear of nobody, too (FL-10). */
  let isHeard = false;
  let stop: (() => void) | undefined;
  /** Answers may overtake one another: which was asked for last, and which heard last. */
  let asked = 0;
  let heard = 0;

  const settle = (): void => {
    const person = personOf(user(state), win.Date.now());
    const uid = person && String(person.uid);
    const hasFs = page.hasFs(options);
    const isProof = !!person && person.signature != null;
    if (uid === undefined || (uid === said && (isHeard || !hasFs) && (isSigned || !isProof))) return;
    if (person) {
      // Whoever that is, the one before they are not.
      const refused = (): void => void (said === uid && page.release(options));
      if (page.identify(options, person, refused)) [said, isHeard, isSigned] = [uid, true, isProof];
      return;
    }
    [said, isHeard] = [uid, hasFs];
    if (!page.leaving) page.release(options);
  };
  const say = (found: any): void => {
    state = found;
    try {
      settle();
    } catch (_) {
      // The app does not know: then nothing is known.
    }
  };
  const ask = (): void => {
    let found: any = state;
    try {
      if (typeof source == 'string') found = stored(win, source);
      else if (typeof source == 'function' && !source.length) found = (source as () => unknown)();
      else if (source && !stop) return subscribe(source as Subscribable<State>);
    } catch (_) {
      return;
    }
    if (!found || typeof found.then != 'function') return say(found);
    const turn = ++asked;
    found.then(
      (answer: unknown) => {
        if (turn < heard) return;
        heard = turn;
        say(answer);
      },
      () => undefined,
    );
  };
  const subscribe = (to: Subscribable<State>): void => {
    const given: any = typeof to == 'function' ? to(say) : to.subscribe(say);
    stop = () => {
      if (typeof given == 'function') given();
      else if (given && given.unsubscribe) given.unsubscribe();
    };
  };

  if (!win.document) return { say: () => undefined, stop: () => undefined };
  const deaf = page.listen(EVENTS, ask);
  const timer = win.setInterval(ask, everyMs);
  page.asks.add(ask);
  ask();
  return {
    say,
    stop: () => {
      deaf();
      win.clearInterval(timer);
      page.asks.delete(ask);
      if (stop) stop();
    },
  };
}

/** What is stored under a key, as a state. */
function stored(win: Window, key: string): unknown {
  const text = win.localStorage.getItem(key);
  if (!text || /^(null|undefined|false)$/.test(text)) return null;
  return /^[{"]/.test(text) ? JSON.parse(text) : text;
}

/** Whom a state means; null for nobody, undefined when that is not known (FL-9). */
function personOf(state: any, nowMs: number): Person | null | undefined {
  if (state === null || state === false || state === '') return null;
  if (typeof state == 'number' || (typeof state == 'string' && !/^ey[\w-]+\.[\w-]+\./.test(state))) return { uid: state };
  if (!state || typeof state != 'object') return undefined;
  const { status } = state;
  if (state.error || state.isLoading || state.loading || state.isLoaded === false || status == 'loading') return undefined;
  if (state.isAuthenticated === false || state.isSignedIn === false || status == 'unauthenticated') return null;
  if (state.exp && state.exp * 1000 <= nowMs) return null;
  const key = UID_KEYS.find((one) => state[one] != null);
  if (key) return { uid: state[key], properties: state.properties, signature: state.signature };
  return personOf('user' in state ? state.user : state.data, nowMs);
}
