/** Nobody there any more: idle time over all tabs (FL-6), and kiosks (FL-7). */

import { type Common, INPUT, type Page, type Person } from './page';
import { attempt, type Failure, perform, release, track, type Work } from './steps';

export interface IdleOptions {
  idleMs: number;
  /** How long before the end the countdown begins; no countdown when absent. */
  countdownMs?: number | undefined;
  /** Told every second of the countdown how many ms are left, and null when it was called off. */
  countdown?: ((leftMs: number | null) => void) | undefined;
}

const INPUTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'touchmove'];
const KEEP_EVERY_MS = 1000;

interface Watch {
  /** Goes on from the input of an earlier page load; waits for the first when nobody is there. */
  resume(): void;
  /** Somebody did something. */
  touch(): void;
  /** Nobody is there: waits for the next input. */
  clear(): void;
  stop(): void;
}

function watch(page: Page, { idleMs, countdownMs = 0, countdown, ...given }: IdleOptions & Common, expired: () => unknown): Watch {
  const { win } = page;
  const now = (): number => win.Date.now();
  /** The last input, wall ms; 0 while nobody is waited for. */
  let last = 0;
  let keptAt = 0;
  let isCounting = false;
  let timer = 0;

  const touch = (): void => {
    const at = now();
    if (last && at - last >= idleMs) look();
    last = at;
    if (Math.abs(at - keptAt) >= KEEP_EVERY_MS) page.keep(INPUT, String((keptAt = at)));
    look();
  };
  const clear = (): void => {
    last = keptAt = 0;
    isCounting = false;
    page.keep(INPUT, '');
    win.clearTimeout(timer);
  };
  const look = (): void => {
    win.clearTimeout(timer);
    if (!last) return;
    const at = now();
    const elsewhere = +page.keep(INPUT);
    if (elsewhere > last && elsewhere <= at) last = elsewhere;
    last = Math.min(last, at);
    const leftMs = last + idleMs - at;
    if (leftMs <= 0) {
      clear();
      return attempt(expired);
    }
    const wasCounting = isCounting;
    isCounting = leftMs <= countdownMs;
    timer = win.setTimeout(look, isCounting ? leftMs % 1000 || 1000 : leftMs - countdownMs);
    if (countdown && (isCounting || wasCounting)) attempt(() => countdown(isCounting ? leftMs : null));
  };

  const deaf = page.listen(INPUTS, touch);
  return {
    touch,
    clear,
    resume: () => {
      last = +page.keep(INPUT) || (page.record(given).isBound ? now() : 0);
      look();
    },
    stop: () => {
      win.clearTimeout(timer);
      deaf();
    },
  };
}

/** Calls `expired` when nobody did anything for `idleMs`; answers with a function that stops it. */
export function idleTimeout(page: Page, { expired, ...options }: IdleOptions & { expired: () => unknown }): () => void {
  const { touch, stop } = watch(page, options, expired);
  touch();
  return stop;
}

export interface KioskOptions extends Common, IdleOptions {
  /** Name of the event at the end; none when absent. Its `reason` is `idle` or what `end` was given. */
  event?: string | undefined;
  /** Clears what the app knows of the person; ends their login at the server too, if there is one. */
  clear?: Work | undefined;
  /** Back to the welcome screen; given what has failed so far. */
  welcome?: ((failures: Failure[]) => unknown) | undefined;
}

export interface Kiosk {
  /** Somebody signed in. */
  begin(person: Person): Promise<void>;
  /** They are done. Never rejects. */
  end(reason?: unknown): Promise<Failure[]>;
  /** No more kiosk; the identity stays as it is. */
  stop(): void;
}

export function kiosk(page: Page, options: KioskOptions): Kiosk {
  let underWay: Promise<Failure[]> | null = null;
  const { clear, resume, stop, touch } = watch(page, options, () => end('idle'));

  async function leave(reason: unknown): Promise<Failure[]> {
    const failures: Failure[] = [];
    clear();
    track(page, options, options.event, reason);
    await release(page, options, failures, true);
    const { welcome } = options;
    await perform(page, options, failures, [['clear', options.clear], ['welcome', welcome && (() => welcome(failures))]]);
    underWay = null;
    return failures;
  }

  function end(reason?: unknown): Promise<Failure[]> {
    return (underWay = underWay || leave(reason));
  }

  resume();
  return {
    end,
    stop,
    begin: async (person) => {
      if (underWay) await underWay;
      page.identify(options, person);
      touch();
    },
  };
}
