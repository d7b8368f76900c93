/**
 * The page that flows act on: its `FS`, its identity record, and what the flows on it must know of one another. All that
 * a flow does to an identity goes through here, so that what one flow let go no other brings back (FL-5, FL-8).
 */

import type { Properties } from '../../types/src/index';
import { emptyHomes, type Home, recordIn, type Shown } from './record';

export type PageWindow = Window & typeof globalThis & Record<string, any>;

/** Somebody to identify: a uid, with properties where there are any, and what proves the uid where the org asks for that. */
export interface Person {
  uid: string | number;
  properties?: Properties | undefined;
  signature?: string | undefined;
}

/** What every flow takes. */
export interface Common {
  /** Name of the function on the page, if it is not `FS`. */
  namespace?: string | undefined;
  /** How long a step may take. */
  waitMs?: number | undefined;
}

/** An identity that a flow let go: the turn of changes it was, the device that came of it, and whether it is gone. */
export interface Released {
  turn: number;
  device: string;
  isGone: boolean;
}

const WAIT_MS = 5000;
const REFUSED = /^(invalid|placeholder)_uid$/;
/** When the last input was (FL-6); like the record, it is no business of the next user (PV-1). */
export const INPUT = 'fs_input';

export class Page {
  /** Moves with every identity change that a flow makes. */
  changes = 0;
  /** Whom a flow identified last; null after an anonymize. */
  uid: string | null = null;
  /** What proved that uid, if anything did. */
  signature: string | undefined;
  /** How many logouts are under way (FL-10). */
  leaving = 0;
  /** Asks every followed source again. */
  readonly asks = new Set<() => void>();
  /** While incognito, whom its end will identify (FL-8). */
  hidden: { person: Person | null } | null = null;

  constructor(readonly win: PageWindow) {}

  private fs_({ namespace }: Common): any {
    return (this.win as Record<string, any>)[namespace || this.win._fs_namespace || 'FS'];
  }

  /** What `FS` answers; undefined when there is none, or it throws (FL-12). */
  call(given: Common, operation: string, options: object): unknown {
    try {
      return this.fs_(given)(operation, options, 'flows');
    } catch (_) {
      return undefined;
    }
  }

  /** Listens on the window; answers with a function that stops it. Nothing here keeps a page from scrolling. */
  listen(types: string[], listener: () => void): () => void {
    const each = (verb: 'addEventListener' | 'removeEventListener'): void =>
      types.forEach((type) => this.win[verb](type, listener, { capture: true, passive: true }));
    each('addEventListener');
    return () => each('removeEventListener');
  }

  /** Device and binding as the record shows them, for comparing. */
  record(given: Common): Shown {
    return recordIn(this.home_(given));
  }

  private home_(given: Common): Home {
    return { win: this.win, org: this.org_(given), keep: (key, value) => this.keep(key, value) };
  }

  /** Which org the page speaks to (ST-9); '' when nothing on the page says so. */
  private org_(given: Common): string {
    const { win } = this;
    const fs = this.fs_(given);
    const config: any = fs && fs._api && this.call(given, 'getConfig', {});
    const found = (config && config.env && config.env.orgId) || win._fs_org;
    if (found) return String(found);
    try {
      const script = win.document.querySelector<HTMLScriptElement>('script[src*="/fs.js?"][src*="org="]');
      return new URL(script!.src).searchParams.get('org') || '';
    } catch (_) {
      return '';
    }
  }

  /** How identity is set so that there is an answer. A snippet 1.3 knows no Async calls; what it passes on is done at once. */
  private setting_(given: Common): string {
    const fs = this.fs_(given);
    return fs && /^1/.test(fs._v) ? 'setIdentity' : 'setIdentityAsync';
  }

  /** Whether the page has its `FS`, or a stub of it. */
  hasFs(given: Common): boolean {
    return typeof this.fs_(given) == 'function';
  }

  /**
   * Lets the user go, and sees to it that the record does too (FL-3). Never rejects; settles when it is done, with how
   * things stand unless somebody else comes (FL-5).
   */
  release(given: Common, isForced?: boolean): Promise<Released> {
    const before = this.record(given);
    const answer = this.anonymize_(given, this.setting_(given), isForced);
    const turn = this.changes;
    const settled = (error?: any): Released => {
      const isGone = this.forget_(given, before, isForced) && !(error && error.code == 'not_released');
      return { turn, device: this.record(given).device, isGone };
    };
    return within(this.win, given, answer).then(() => settled(), settled);
  }

  /** As `release`, for a page that is about to be gone. */
  releaseAtOnce(given: Common): void {
    const before = this.record(given);
    this.anonymize_(given, 'setIdentity');
    this.forget_(given, before);
  }

  private anonymize_(given: Common, operation: string, isForced?: boolean): unknown {
    this.changes++;
    this.uid = null;
    this.signature = undefined;
    this.keep(INPUT, '');
    if (this.hidden) this.hidden.person = null;
    return this.call(given, operation, isForced ? { anonymous: true, force: true } : { anonymous: true });
  }

  /** Removes the record, if a release left there what it was to let go; false when it stays all the same. */
  private forget_(given: Common, { device, isBound }: Shown, isForced?: boolean): boolean {
    const isThere = (): boolean => device == this.record(given).device;
    if (!device || !isThere() || !(isBound || isForced)) return true;
    emptyHomes(this.home_(given));
    return !isThere();
  }

  /** Reads a local storage item, or writes it; '' removes it, and stands for none. */
  keep(key: string, value?: string): string {
    try {
      const { localStorage } = this.win;
      if (value) localStorage.setItem(key, value);
      else if (value == '') localStorage.removeItem(key);
      else return localStorage.getItem(key) || '';
    } catch (_) {
      // Blocked, or full: then nothing is kept.
    }
    return '';
  }

  /**
   * Identifies, or while incognito remembers to; false when there is no `FS` to say it to. `refused` is called if that
   * is no uid (ID-9).
   */
  identify(given: Common, { uid, properties, signature }: Person, refused?: () => void): boolean {
    if (this.hidden) this.hidden.person = { uid, properties, signature };
    else {
      if (!this.hasFs(given)) return false;
      this.changes++;
      if (this.uid != null && this.uid != String(uid)) this.keep(INPUT, '');
      this.uid = String(uid);
      this.signature = signature;
      const options = { uid, ...(properties && { properties }), ...(signature != null && { signature }) };
      const answer: any = this.call(given, this.setting_(given), options);
      if (answer && answer.then) answer.then(undefined, (error: any) => REFUSED.test(error && error.code) && refused && refused());
    }
    return true;
  }
}

/** What `work` comes to; rejects with `timed_out` when it takes too long (FL-1). */
export function within(win: PageWindow, { waitMs = WAIT_MS }: Common, work: unknown): Promise<any> {
  let timer: number;
  const late = new Promise((_, reject) => {
    timer = win.setTimeout(() => reject('timed_out'), waitMs);
  });
  return Promise.race([work, late]).finally(() => win.clearTimeout(timer));
}
