/**
 * The page that flows act on: its `FS`, its identity record, and what the flows on it must know of one another. All that
 * a flow does to an identity goes through here, so that what one flow let go no other brings back (FL-5, FL-8).
 */

import type { Properties } from '../../types/src/index';

export type PageWindow = Window & typeof globalThis & Record<string, any>;

/** Somebody to identify: a uid, with properties where there are any. */
export interface Person {
  uid: string | number;
  properties?: Properties | undefined;
}

/** What every flow takes. */
export interface Common {
  /** Name of the function on the page, if it is not `FS`. */
  namespace?: string | undefined;
  /** How long a step may take. */
  waitMs?: number | undefined;
}

/** What the record shows of the identity. */
interface Shown {
  device: string;
  isBound: boolean;
}

/** An identity that a flow let go: the turn of changes it was, and the device that came of it. */
export interface Released {
  turn: number;
  device: string;
}

const WAIT_MS = 5000;
const BOUND = /#[0-9a-f]{8,16}#\/\d+$/;
const RECORD = 'fs_uid';
/** When the last input was (FL-6); like the record, it is no business of the next user (PV-1). */
export const INPUT = 'fs_input';

export class Page {
  /** Moves with every identity change that a flow makes. */
  changes = 0;
  /** Whom a flow identified last; null after an anonymize. */
  uid: string | null = null;
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
  record(): Shown {
    let found: RegExpExecArray | null = null;
    try {
      found = /(?:^|; )fs_uid=([^;]*)/.exec(this.win.document.cookie);
    } catch (_) {
      // A frame that may have no cookies.
    }
    const text = (found && found[1]) || this.keep(RECORD);
    return { device: text.slice(0, text.indexOf(':') + 1), isBound: BOUND.test(text) };
  }

  /**
   * Lets the user go, and sees to it that the record does too (FL-3). Never rejects; settles when it is done, with how
   * things stand unless somebody else comes (FL-5).
   */
  release(given: Common, isForced?: boolean): Promise<Released> {
    const before = this.record();
    const answer = this.anonymize_(given, 'setIdentityAsync', isForced);
    const turn = this.changes;
    const settled = (): Released => {
      this.forget_(before, isForced);
      return { turn, device: this.record().device };
    };
    return within(this.win, given, answer).then(settled, settled);
  }

  /** As `release`, for a page that is about to be gone. */
  releaseAtOnce(given: Common): void {
    const before = this.record();
    this.anonymize_(given, 'setIdentity');
    this.forget_(before);
  }

  private anonymize_(given: Common, operation: string, isForced?: boolean): unknown {
    this.changes++;
    this.uid = null;
    this.keep(INPUT, '');
    if (this.hidden) this.hidden.person = null;
    return this.call(given, operation, isForced ? { anonymous: true, force: true } : { anonymous: true });
  }

  /** Removes the record from wherever it may be (ST-1, ST-7), if a release left there what it was to let go. */
  private forget_({ device, isBound }: Shown, isForced?: boolean): void {
    if (!device || device != this.record().device || !(isBound || isForced)) return;
    const { document, location } = this.win;
    const labels = location.hostname.split('.');
    ['', ...labels.map((_, at) => ';domain=' + labels.slice(at).join('.'))].forEach((domain) => {
      document.cookie = `${RECORD}=;path=/;max-age=0${domain}`;
    });
    this.keep(RECORD, '');
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

  /** Identifies, or while incognito remembers to; false when there is no `FS` to say it to. */
  identify(given: Common, { uid, properties }: Person): boolean {
    if (this.hidden) this.hidden.person = { uid, properties };
    else {
      if (typeof this.fs_(given) != 'function') return false;
      this.changes++;
      if (this.uid != null && this.uid != String(uid)) this.keep(INPUT, '');
      this.uid = String(uid);
      this.call(given, 'setIdentity', properties ? { uid, properties } : { uid });
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
