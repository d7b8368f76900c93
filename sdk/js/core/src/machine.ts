/**
 * The client core: who this browser or app is, and when it stops being that person.
 *
 * Everything an operation needs to know of identity is read from the record in shared storage at the moment of the
 * call (ID-11). What the memory holds is only what this page last saw there, to tell a change by. A page acts only for
 * whom its app told it of (ID-15):
 *
 *     told      found in storage                     what the page does
 *     --------  -----------------------------------  -------------------------------------------------------
 *     any       its own device and session           goes on
 *     any       its own device, another session      goes on in that one
 *     any       its own device, without its binding  writes the binding again
 *     nobody    another device                       follows: a new page id, nothing carried over
 *     U         another device of U                  follows
 *     U         any other device, or its own with    goes apart: on a device of its own, as nobody
 *               somebody else's binding
 *     any       nothing, or a device it has left;    ends its own as its own user's, and goes apart (ID-16)
 *               its own was bound
 *     any       the same; its own was not            mints a fresh one; whoever left does not come back
 *
 * Apart is in memory alone: shared storage is neither read nor written, until the page is told again or loaded anew.
 *
 * `Machine` holds identity, sessions and the page; calls are checked in `calls`, operations kept and sent by `queue`.
 * Functions over variables of their own rather than classes: that is less for browsers to load.
 */

import { makeAcknowledgements } from './acknowledgements';
import { ACTIVITY, makeActivity } from './activity';
import { makeAddress } from './address';
import { type Buckets, type Limited, makeBuckets, WEB } from './limits';
import { boundTo } from './bound';
import type { ChangeWhy, Ports, State } from './ports';
import { makePageNames } from './page-names';
import { makePresence } from './presence';
import { type Entry, makeQueue, type Stamp } from './queue';
import { isEmpty } from './properties';
import { freshRecord, type Identity } from './record';
import { type Config, DEFAULTS, type Settings } from './settings';

export type Members = Record<string, unknown>;
/** What an operation carries of properties: nothing, or these. `suffixes`: their names may carry types (PR-1.3). */
export type Carried = { properties?: Members; schema?: Members | undefined; suffixes?: true | undefined };

const SUFFIX = /(.)_(str|int|real|bool|date)s?$/;

/** What observers hear at the end of a call, in this order (CL-7). */
const NEWS = ['start', 'session', 'shutdown', 'user'] as const;
type News = Partial<Record<(typeof NEWS)[number], Members>>;

export type Machine = ReturnType<typeof makeMachine>;

export function makeMachine(ports: Ports) {
  const { storage, wallMs, note, mint } = ports;
  const settings = { ...DEFAULTS } as Settings;
  const acknowledgements = makeAcknowledgements(ports, settings);
  const queue = makeQueue(ports, settings, acknowledgements.answered, write);
  const presence = makePresence(ports, settings, fail);
  const activity = makeActivity(ports, settings, write);
  const address = makeAddress(ports);
  const names = makePageNames(ports);

  let isOn = false;
  let isShut = false;
  let hasBegun = false;
  let here: Identity | null = null;
  let page: string | null = null;
  let user: string | null = null;
  /** Whom the app last told this page of, present or gone; null after it said nobody. */
  let told: string | null = null;
  /** Whether `here` is this page's alone (ID-15). */
  let isApart = false;
  /** User properties that this page was told of the present user. */
  let traits: Members = {};
  let n = 0;
  /** The `end`, or else the `identify`, that the present call recorded. */
  let identityEntry: Entry | null = null;
  let buckets: Buckets;
  let news: News = {};
  let hasFailed = false;

  /** The URL at the last `page` operation, and whether the next operation is to have one before it. */
  let url: string | undefined;
  /** The URL at the last look around for one, recorded or waiting. */
  let lookedAt: string | undefined;
  let isPageDue = false;
  /** What waits until it is known who is there, with when it was made; null: nothing has to (CL-16). */
  let waiting: [work: () => void, at: number][] | null = null;
  /** When what is being recorded was made, if that is not now. */
  let madeAt: number | undefined;

  function state(): State {
    return { capture: isOn ? 'on' : isShut ? 'shutdown' : 'off', device: here && here.device, session: here && here.session, page, uid: user, bound: !!here?.bound };
  }

  /** Takes the configuration, and begins to capture unless that is switched off (CL-3, SE-4). */
  function start(config: Config): void {
    Object.assign(settings, config, { limits: { ...WEB, ...config.limits } });
    if (settings.capture) begin();
    finish();
  }

  /** Capture begins on this page load. */
  function begin(): void {
    if (isOn) return;
    const found = presence.read(here);
    const isOver = found && activity.over(found, false);
    // What was read a moment ago is not written back if another tab let the user go meanwhile.
    if (found && presence.there()?.device != found.device) return begin();
    isOn = hasBegun = true;
    isShut = false;
    if (!found) fresh('start');
    else {
      sweep(found.device);
      const key = found.key || mint('key');
      turn({ ...next(found, isOver), key }, 'start', !!isOver);
    }
    if (settings.hold == 'auth') waiting = [];
    if (settings.hold != 'page') recordPage();
    began();
    queue.takeRemains();
  }

  function began(): void {
    news.start = {};
    newSession();
  }

  /** What a call has set going is sent, and observers are told. Gives the `end`, or else the `identify`, that it recorded. */
  function finish(): Entry | null {
    const heard = isUnknown() ? {} : news;
    const recorded = identityEntry;
    if (heard == news) news = {};
    identityEntry = null;
    queue.pump();
    if (heard.start) heard.start = { sessionUrl: urlOf(here!) };
    for (const name of NEWS) if (heard[name]) ports.notify(name, heard[name]);
    return recorded;
  }

  /** Whether this may be the device of somebody who is gone: then nobody hears of it yet (CL-16). */
  function isUnknown(): boolean {
    return !!waiting && !!here?.bound;
  }

  /** Keeps `work` until it is known who is there; false when that has not to be waited for. */
  function wait(work: () => void): boolean {
    return !!waiting?.push([work, wallMs()]);
  }

  /** The page has spoken of somebody, or is to wait no longer: what waited is done, as made when it was. */
  function goOn(): void {
    const waited = waiting || [];
    waiting = null;
    for (const [work, at] of waited) {
      madeAt = at;
      work();
    }
    madeAt = undefined;
  }

  /** Whether this page load has shown no page yet, since that waits (CL-16). */
  function isPageHeld(): boolean {
    return !!settings.hold && url === undefined;
  }

  /** The page has said nothing of who is there, and is not waited for any longer (CL-16). */
  function ready(): void {
    if (!isOn || (!waiting && (n || !isPageHeld()))) return;
    follow();
    if (waiting && here!.bound) goApart('apart');
    goOn();
    if (isPageDue && isPageHeld()) recordPage();
  }

  /** A new device, session and page id. `uid` binds the device. */
  function fresh(why: ChangeWhy, uid?: string): void {
    if (!isApart) sweep();
    const at = freshRecord(ports);
    if (uid) at.bound = boundTo(at.device, uid);
    turn(at, why, true, uid);
  }

  /** Ends what stood in other homes as its own users' (ST-1). */
  function sweep(but?: string): void {
    for (const at of presence.sweep(but)) queue.add(stampOf(at, mint('page')), { op: 'end', n: 1, t: wallMs(), why: 'lost' });
  }

  /** Leaves the shared device for one of this page's own (ID-15). */
  function goApart(why: ChangeWhy, uid?: string): void {
    const { device } = here!;
    presence.forget();
    isApart = true;
    fresh(why, uid);
    // What the others go on with this page may come back to.
    if (presence.there()?.device == device) delete presence.left[device];
  }

  /** Back to the shared record, whoever is there. */
  function join(why: ChangeWhy): void {
    isApart = false;
    const found = presence.read(here);
    if (found) enter(found, mint('page'), why);
    else fresh(why);
  }

  /** Writes `at`, then makes it this page's, under a page id of its own (CL-6). */
  function turn(at: Identity, why: ChangeWhy, isNew: boolean, uid?: string): void {
    const id = mint('page');
    save(at);
    activity.touch(isNew, isApart);
    enter(at, id, why, uid);
  }

  /** A page id of its own begins with nothing carried over: no counter, bucket or page property (PV-1). */
  function enter(at: Identity | null, id: string | null, why: ChangeWhy, uid?: string): void {
    const before = here;
    const isSame = at && at.device == before?.device;
    n = 0;
    isPageDue = true;
    buckets = makeBuckets(settings.limits);
    names.clear();
    if (!isSame) {
      if (before) {
        presence.left[before.device] = true;
        address.leave(url !== undefined);
      }
      if (user || !isEmpty(traits)) news.user = { user: null };
      traits = {};
    }
    become(at, id, isSame ? user : uid ?? null, why);
    if (at && before && before.session != at.session) newSession();
  }

  /** Makes these the page's own, and says so. */
  function become(at: Identity | null, id: string | null, uid: string | null, why: ChangeWhy): void {
    const before = state();
    here = at;
    page = id;
    user = uid;
    ports.changed(before, state(), why);
  }

  function newSession(): void {
    if (isOn) news.session = { url: urlOf(here!) };
  }


  /** Whether this page was told somebody whose device this is not. */
  function isStrange({ device, bound }: Identity): boolean {
    return !!told && bound != boundTo(device, told) && (!!bound || device != here!.device);
  }

  /**
   * Brings memory in step with storage (the table above). `speech` is whom the app speaks of just now, null: it lets the
   * user go; undefined: it speaks of nobody. Says whether a user whose record was gone was let go.
   */
  function follow(speech?: string | null, source?: string): boolean {
    if (isApart) return false;
    const found = presence.read(here);
    if (!found) {
      sweep(here!.device);
      if (here!.bound) {
        isApart = speech === undefined;
        if (!isApart) told = null;
        else if (presence.whyGone == 'returned') presence.remove();
        leave(speech === null ? 'anonymize' : 'lost', source);
        return true;
      }
      fresh(presence.whyGone);
    } else if (isStrange(found) && (speech === undefined || (found.bound && speech == told))) goApart('apart');
    else if (found.device != here!.device) {
      activity.forget();
      enter(found, mint('page'), 'tab');
    } else {
      const bound = boundOf(found);
      go({ ...found, bound }, 'tab');
      if (bound != found.bound || presence.isUnwritten()) save(here!);
    }
    return false;
  }

  /** Goes on with `at` on the same device; in another session, with a page operation to come (CL-5). */
  function go(at: Identity, why: ChangeWhy): void {
    if (here!.session == at.session) {
      here = at;
      return;
    }
    if (why == 'tab') activity.forget();
    isPageDue = true;
    become(at, page, user, why);
    newSession();
  }

  function save(at: Identity): void {
    if (!isApart) presence.save(at);
  }

  /** Writes, or removes where there is no value. */
  function write(key: string, value: string | null): void {
    if (!storage.write(key, value)) fail();
  }

  function fail(): void {
    if (!hasFailed) note('storage_failed');
    hasFailed = true;
  }

  /** Begins the next session if this one is over; says whether it did. */
  function renew(): boolean {
    const why = activity.over(here!, isApart);
    if (why) nextSession(why);
    return !!why;
  }

  function renewed(at: Identity, pages = 1): Identity {
    return { ...at, session: mint('session'), began: wallMs(), pages };
  }

  /** The record at the next page load. */
  function next(at: Identity, isOver: unknown): Identity {
    return isOver ? renewed(at) : { ...at, pages: at.pages + 1 };
  }

  function nextSession(why: ChangeWhy, pages?: number): void {
    proceed(renewed(here!, pages), why, true);
  }

  /** Writes `at`, the record of the same device, and goes on with it. */
  function proceed(at: Identity, why: ChangeWhy, isNew: boolean): void {
    save(at);
    activity.touch(isNew, isApart);
    go(at, why);
  }

  /**
   * What this page must not leave for the next one to find is looked for (ID-11): a device it has left, which another tab
   * wrote back; a user whose record is gone; and one whose record could not be replaced.
   */
  function guard(): void {
    if (!isOn || isApart) return;
    const there = presence.there();
    if (there ? !presence.left[there.device] && !presence.isStuck : !here!.bound && !presence.isUnwritten()) return;
    follow();
    finish();
  }

  /** A user's input (SE-1). */
  function touch(): void {
    if (!isOn) return;
    follow();
    const isNew = renew();
    activity.touch(false, isApart);
    if (isPageDue && ((isNew && n) || (!waiting && isPageHeld()))) recordPage();
  }

  /** Whether a call of this kind may pass (LI-1); it takes a token. */
  function allows(kind: Limited): boolean {
    return buckets(kind, wallMs());
  }

  /** Stamps an operation and hands it to the queue. The page it happens on is recorded before it (CL-4, CL-5). */
  function record(op: string, members: Members, source?: string): void {
    if (op == 'page') {
      url = ports.page().url;
      isPageDue = false;
    } else if (isPageDue && op != 'end') recordPage();
    const entry = queue.add(
      stampOf(here!, page!),
      { op, n: ++n, t: madeAt ?? wallMs(), ...members, source: source?.slice(0, 64) || undefined },
    );
    if (op == 'end' || (op == 'identify' && !identityEntry)) identityEntry = entry;
  }

  /** Records what keeps no session alive, but opens one where there is none (SE-1). */
  function say(op: string, members: Members, source?: string): void {
    renew();
    record(op, members, source);
  }

  /** Records where the page is now, once that has to wait no longer. */
  function recordPage(): void {
    const { device } = here!;
    const where = address.look();
    lookedAt = ports.page().url;
    // Another device by then is another person, whom the page was not referred to.
    const work = (): void => record('page', { ...where, ...(here!.device != device && { referrer: undefined }) });
    if (!wait(work)) work();
  }

  /** The URL of the page may have changed (CL-11). */
  function navigated(): void {
    if (!isOn || ports.page().url == lookedAt) return;
    names.look();
    if (!waiting) {
      follow();
      renew();
    }
    recordPage();
    finish();
  }

  /** Whether a device is another user's than `uid`'s. */
  function isOthers(uid: string, at = here!): boolean {
    return !!at.bound && at.bound != boundTo(at.device, uid);
  }

  /** Binds the device (ID-2), says the same again (ID-4), or leaves it for another (ID-5); which device, ID-15 says. */
  function identify(uid: string, carried: Carried, isPage: boolean, source?: string): void {
    const isOwn = isPage || isAgain(uid);
    const wasBound = isApart && here!.bound;
    const isSame = isOwn && wasBound && !isOthers(uid);
    if (wasBound && !isSame) record('end', { why: 'reidentify' }, source);
    if (!isOwn && isApart) join('tab');
    told = uid;
    if (isOwn && !isSame) goApart('page', uid);
    else if (isOthers(uid)) leave('reidentify', source, uid);
    else {
      const isNew = renew();
      const at = here!;
      if (!at.bound) {
        here = { ...at, bound: boundTo(at.device, uid) };
        if (settings.split_on_identify && !isNew) nextSession('split');
        else save(here);
      }
      activity.touch(false, isApart);
      become(here, page, uid, 'identify');
    }
    goOn();
    record('identify', { uid, ...carried }, source);
    tellUser(carried);
  }

  /**
   * Whether a page says again whom it was told of, while another page or the loss of the record has changed that: then
   * it speaks for itself alone (ID-15), but where the record is that user's, or there is none.
   */
  function isAgain(uid: string): boolean {
    if (told != uid) return false;
    if (!isApart || here!.bound) return isApart || !here!.bound;
    const found = presence.read(null, () => 0);
    return !!found && (!found.bound || isOthers(uid, found));
  }

  /** What this page was told of the present user, for its observers (CL-7). */
  function tellUser({ properties = {}, suffixes }: Carried): void {
    traits = { ...traits };
    for (const name of Object.keys(properties)) {
      if (properties[name] !== null) traits[suffixes ? name.replace(SUFFIX, '$1') : name] = properties[name];
    }
    news.user = { user: { ...(user && { uid: user }), ...(!isEmpty(traits) && { properties: traits }) } };
  }

  /** Lets the user go, of the shared device and of one apart (ID-6, ID-7); says whether there was one to let go. */
  function anonymize(isForced: boolean, isPage: boolean, source?: string): boolean {
    if (!isOn) return !isPage && release(isForced);
    let isReleased = follow(isPage ? undefined : null, source);
    const wasApart = isApart;
    if (here!.bound && (wasApart || isPage)) {
      isReleased = true;
      if (!wasApart) goApart('page');
      else if (isPage) leave('anonymize', source);
      else record('end', { why: 'anonymize' }, source);
    }
    if (!isPage) {
      told = null;
      if (wasApart) join('anonymize');
      const { bound } = here!;
      if (bound || (isForced && !isReleased)) {
        isReleased = true;
        leave(bound ? 'anonymize' : 'forget', source);
      }
    }
    if (presence.isStuck) storage.disown();
    goOn();
    return isReleased;
  }

  /** Ends the session as its user's and goes on as somebody else, in the order of CL-6. */
  function leave(why: ChangeWhy, source?: string, uid?: string): void {
    record('end', { why }, source);
    fresh(why, uid);
    if (!isApart) storage.disown();
  }

  /** The binding of the device, once seen, stays, whatever a delayed write says (ID-11). */
  function boundOf(at: Identity): string {
    return at.bound || (here?.device == at.device ? here.bound : '');
  }

  /** Lets an identity go while nothing is captured: from storage alone (SE-3, SE-4). */
  function release(isForced: boolean): boolean {
    const found = presence.there();
    const bound = found && boundOf(found);
    const isReleased = !!found && (!!bound || isForced);
    presence.sweep();
    told = null;
    if (isReleased) {
      presence.left[found.device] = true;
      presence.remove();
      storage.disown();
      write(ACTIVITY, null);
    } else if (!here || found?.device == here.device) return false;
    isApart = false;
    enter(null, null, isReleased && !bound ? 'forget' : 'anonymize');
    return isReleased;
  }

  /** Ends the session and stops capture (SE-3). */
  function shutdown(source?: string): void {
    const wasOn = isOn;
    if (wasOn) {
      ready();
      follow();
      record('end', { why: 'shutdown' }, source);
    }
    if (!isShut) news.shutdown = { reason: 0 };
    isOn = false;
    isShut = true;
    if (wasOn) nextSession('shutdown', 0);
  }

  /** Begins to capture again (SE-3). */
  function restart(): void {
    if (!isShut) return;
    if (!hasBegun) return begin();
    isOn = true;
    isShut = isApart = false;
    told = null;
    const found = presence.read(here);
    if (!found || boundOf(found)) fresh('restart');
    else {
      const isOver = !!activity.over(found, false);
      const at = next(found, isOver);
      (here?.device == at.device ? proceed : turn)(at, 'restart', isOver);
    }
    recordPage();
    began();
  }

  /** What storage says this page would be stamped with, without taking part (SE-5). */
  function peek(): Identity | null {
    return !isOn || isUnknown() ? null : isApart ? here : presence.read(here, () => 0);
  }

  function urlOf(at: Identity): string {
    return `${settings.app}/ui/${settings.org}/session/${at.device}%3A${at.session}`;
  }

  function timer(name: 'flush' | 'retry' | 'settle'): void {
    if (name == 'settle') acknowledgements.timer();
    else queue.timer(name);
  }

  /**
   * The page is hidden or left, so that everything goes out now (QU-3); or the app is back, which is activity (SE-1); or
   * the page is not to be waited for any longer (CL-16); or it was frozen, and its requests are lost (QU-4).
   */
  function app(event: 'hide' | 'leave' | 'background' | 'foreground' | 'ready' | 'resume'): void {
    if (event == 'foreground') touch();
    else if (event == 'resume') queue.revive();
    else ready();
    if (/^[fr]/.test(event)) finish();
    else {
      guard();
      queue.leave();
    }
  }

  return {
    ports,
    settings,
    queue,
    acknowledgements,
    presence,
    get isOn() {
      return isOn;
    },
    /** Whether this page id has recorded nothing yet, and is not waited for to do so. */
    get isFresh() {
      return !n && !isPageHeld();
    },
    state,
    start,
    begin,
    finish,
    follow,
    allows,
    say,
    write,
    wait,
    guard,
    touch,
    navigated,
    keepPageNames: names.keep,
    isOthers,
    identify,
    tellUser,
    anonymize,
    shutdown,
    restart,
    peek,
    isUnknown,
    /** Whether the app has said who is there, or that nobody is, be it while nothing was captured. */
    hasSpoken: false,
    urlOf,
    timer,
    app,
  };
}

function stampOf(at: Identity, page: string): Stamp {
  return { device: at.device, session: at.session, page, started: at.began, key: at.key || undefined };
}
