/**
 * The client core: who this browser or app is, and when it stops being that person.
 *
 * Everything an operation needs to know of identity is read from the record in shared storage at the moment of the
 * call (ID-11). What the memory holds is only what this page last saw there, to tell a change by:
 *
 *     found in storage                      what the page does
 *     ------------------------------------  ------------------------------------------------------------
 *     its own device and session            goes on
 *     its own device, another session       goes on in that one
 *     its own device, without its binding   writes the binding again
 *     another device, never left by it      follows: a new page id, nothing carried over
 *     a device it has left                  mints a fresh one; whoever left does not come back
 *     nothing, or nothing readable          mints a fresh one
 *     what was there when a write failed    goes on in memory, and tries to write again (RE-2)
 *
 * `Machine` holds identity, sessions and the page; calls are checked in `calls`, operations kept and sent by `queue`.
 * Functions over variables of their own rather than classes: that is less for browsers to load.
 */

import { makeAcknowledgements } from './acknowledgements';
import { type Buckets, type Limited, makeBuckets, WEB } from './limits';
import { boundTo } from './bound';
import type { ChangeWhy, Ports, State } from './ports';
import { makePageNames } from './page-names';
import { type Entry, makeQueue } from './queue';
import { isEmpty } from './properties';
import { freshRecord, type Identity, parseRecord, recordText, wholeSecond } from './record';
import { type Config, DEFAULTS, type Settings } from './settings';

export const RECORD = 'fs_uid';
export const ACTIVITY = 'fs_lua';
export const CONSENT = 'fs_cid';

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

  let capture: State['capture'] = 'off';
  let hasBegun = false;
  let here: Identity | null = null;
  let page: string | null = null;
  let user: string | null = null;
  /** User properties that this page was told of the present user. */
  let traits: Members = {};
  let n = 0;
  /** The `end`, or else the `identify`, that the present call recorded. */
  let identityEntry: Entry | null = null;
  let buckets: Buckets;
  let activeAt = 0;
  let news: News = {};

  /** The URL of the last `page` operation, and whether the next operation is to have one before it. */
  let url = '';
  let isPageDue = false;
  const names = makePageNames(ports);

  const left: Record<string, true> = {};
  /** What storage held when the record could not be written; undefined: it could. */
  let held: string | null | undefined;
  /** Why `read` last found nothing to go on with. */
  let whyGone: ChangeWhy;
  let hasFailed = false;

  function state(): State {
    return { capture, device: here && here.device, session: here && here.session, page, uid: user, bound: !!here?.bound };
  }

  /** Takes the configuration, and begins to capture unless that is switched off (CL-3, SE-4). */
  function start(config: Config): void {
    Object.assign(settings, config, { limits: { ...WEB, ...config.limits } });
    if (settings.capture) begin();
    finish();
  }

  /** Capture begins on this page load. */
  function begin(): void {
    if (capture == 'on') return;
    const found = read();
    const isOver = found && over(found);
    // What was read a moment ago is not written back if another tab let the user go meanwhile.
    if (found && deviceThere() != found.device) return begin();
    capture = 'on';
    hasBegun = true;
    if (!found) fresh('start');
    else turn(isOver ? renewed(found) : loaded(found), 'start', !!isOver);
    record('page', { ...ports.page() });
    began();
    queue.takeRemains();
  }

  function began(): void {
    news.start = { sessionUrl: urlOf(here!) };
    newSession();
  }

  /** What a call has set going is sent, and observers are told. Gives the `end`, or else the `identify`, that it recorded. */
  function finish(): Entry | null {
    const told = news;
    const recorded = identityEntry;
    news = {};
    identityEntry = null;
    queue.pump();
    for (const name of NEWS) if (told[name]) ports.notify(name, told[name]);
    return recorded;
  }

  /**
   * The record to go on with, null when there is none. It is what storage holds; but while storage holds what it held
   * when a write failed, it is what could not be written. A foreign one and one this page has left are noted, and no record.
   */
  function read(say: (code: string) => void = note): Identity | null {
    const text = storage.read(RECORD);
    if (held === text) return here;
    const found = parseRecord(text, settings.org);
    held = undefined;
    whyGone = 'lost';
    if (text && !found) say('foreign_record');
    if (!found || found.expiry * 1000 <= wallMs()) return null;
    if (!left[found.device]) return found;
    say('released_device_returned');
    whyGone = 'returned';
    return null;
  }

  /** A new device, session and page id. `uid` binds the device. */
  function fresh(why: ChangeWhy, uid: string | null = null): void {
    const at = freshRecord(mint('device'), mint('session'), wallMs());
    if (uid) at.bound = boundTo(at.device, uid);
    turn(at, why, true, uid);
  }

  /** Writes `at`, then makes it this page's, under a page id of its own (CL-6). */
  function turn(at: Identity, why: ChangeWhy, isNew: boolean, uid: string | null = null): void {
    const id = mint('page');
    save(at);
    touch(isNew);
    enter(at, id, why, uid);
  }

  /** A page id of its own begins with nothing carried over: no counter, bucket or page property (PV-1). */
  function enter(at: Identity | null, id: string | null, why: ChangeWhy, uid: string | null = null): void {
    const before = here;
    const isSame = at && at.device == before?.device;
    n = 0;
    isPageDue = true;
    buckets = makeBuckets(settings.limits);
    names.clear();
    if (!isSame) {
      if (before) left[before.device] = true;
      if (user || !isEmpty(traits)) news.user = { user: null };
      traits = {};
    }
    become(at, id, isSame ? user : uid, why);
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
    if (capture == 'on') news.session = { url: urlOf(here!) };
  }

  /** Brings memory in step with storage (the table above). */
  function follow(): void {
    const found = read();
    if (!found) fresh(whyGone);
    else if (found.device != here!.device) {
      activeAt = 0;
      enter(found, mint('page'), 'tab');
    } else {
      const bound = boundOf(found);
      go({ ...found, bound }, 'tab');
      if (bound != found.bound || held !== undefined) save(here!);
    }
  }

  /** Goes on with `at` on the same device; in another session, with a page operation to come (CL-5). */
  function go(at: Identity, why: ChangeWhy): void {
    if (here!.session == at.session) {
      here = at;
      return;
    }
    if (why == 'tab') activeAt = 0;
    isPageDue = true;
    become(at, page, user, why);
    newSession();
  }

  function save(at: Identity): void {
    if (storage.write(RECORD, recordText(settings.org, at))) held = undefined;
    else {
      // What is there must not bring anybody back at the next load; a removal needs no room.
      storage.remove(RECORD);
      if (held === undefined) held = storage.read(RECORD);
      fail();
    }
  }

  /** Writes, or removes where there is no value. */
  function write(key: string, value: string | null): void {
    if (!(value === null ? storage.remove(key) : storage.write(key, value))) fail();
  }

  function fail(): void {
    if (!hasFailed) note('storage_failed');
    hasFailed = true;
  }

  /** When storage last heard of activity, wall ms; 0: never. */
  function heardAt(): number {
    const found = /^1\.(\d{1,15})$/.exec(storage.read(ACTIVITY) || '');
    return found ? +found[1]! : 0;
  }

  /** Takes note of activity; storage hears of it at most once per `activity_write_ms` (ST-4), but of a beginning always. */
  function touch(isBeginning = false): void {
    const now = wallMs();
    activeAt = isBeginning ? now : Math.max(activeAt, now);
    if (isBeginning || now - heardAt() >= settings.activity_write_ms) write(ACTIVITY, '1.' + (isBeginning ? wholeSecond(now) : now));
  }

  /** Why the session of `at` is over by now, if it is (SE-1). */
  function over(at: Identity): 'age' | 'idle' | null {
    const idleAt = Math.max(at.began, activeAt, heardAt()) + settings.idle_ms;
    const ageAt = at.began + settings.age_ms;
    if (wallMs() < Math.min(idleAt, ageAt)) return null;
    return ageAt <= idleAt ? 'age' : 'idle';
  }

  /** Begins the next session if this one is over; says whether it did. */
  function renew(): boolean {
    const why = over(here!);
    if (why) nextSession(why);
    return !!why;
  }

  function renewed(at: Identity, pages = 1): Identity {
    return { ...at, session: mint('session'), began: wallMs(), pages };
  }

  function loaded(at: Identity): Identity {
    return { ...at, pages: at.pages + 1 };
  }

  function nextSession(why: ChangeWhy, pages?: number): void {
    const at = renewed(here!, pages);
    save(at);
    touch(true);
    go(at, why);
  }

  function recordThere(): Identity | null {
    return parseRecord(storage.read(RECORD), settings.org);
  }

  function deviceThere(): string | undefined {
    return recordThere()?.device;
  }

  /** A device that this page has left, and another tab wrote back, is not there for the next page load to find (ID-11). */
  function guard(): void {
    if (capture != 'on' || !left[deviceThere()!]) return;
    follow();
    finish();
  }

  /** A user's input (SE-1). */
  function activity(): void {
    if (capture != 'on') return;
    follow();
    const isNew = renew();
    touch();
    if (isNew && n) recordPage();
  }

  /** Whether a call of this kind may pass (LI-1); it takes a token. */
  function allows(kind: Limited): boolean {
    return buckets(kind, wallMs());
  }

  /** Stamps an operation and hands it to the queue. The page it happens on is recorded before it (CL-4, CL-5). */
  function record(op: string, members: Members, source?: string): void {
    if (op == 'page') {
      url = String(members.url);
      isPageDue = false;
    } else if (isPageDue && op != 'end') recordPage();
    const { device, session, began: started } = here!;
    const entry = queue.add(
      { device, session, page: page!, started },
      { op, n: ++n, t: wallMs(), ...members, source: source?.slice(0, 64) || undefined },
    );
    if (op == 'end' || (op == 'identify' && !identityEntry)) identityEntry = entry;
  }

  function recordPage(): void {
    record('page', { ...ports.page(), referrer: undefined });
  }

  /** The URL of the page may have changed (CL-11). */
  function navigated(): void {
    if (capture != 'on' || ports.page().url == url) return;
    names.look();
    follow();
    renew();
    recordPage();
    finish();
  }

  /** Whether the device is another user's than `uid`'s. */
  function isOthers(uid: string): boolean {
    const { bound, device } = here!;
    return !!bound && bound != boundTo(device, uid);
  }

  /** Binds the device (ID-2), says the same again (ID-4), or leaves it for another (ID-5). */
  function identify(uid: string, carried: Carried, source?: string): void {
    if (isOthers(uid)) leave('reidentify', source, uid);
    else {
      const isNew = renew();
      const at = here!;
      if (!at.bound) {
        here = { ...at, bound: boundTo(at.device, uid) };
        if (settings.split_on_identify && !isNew) nextSession('split');
        else save(here);
      }
      touch();
      become(here, page, uid, 'identify');
    }
    record('identify', { uid, ...carried }, source);
    tellUser(carried);
  }

  /** What this page was told of the present user, for its observers (CL-7). */
  function tellUser({ properties = {}, suffixes }: Carried): void {
    traits = { ...traits };
    for (const name of Object.keys(properties)) {
      if (properties[name] !== null) traits[suffixes ? name.replace(SUFFIX, '$1') : name] = properties[name];
    }
    news.user = { user: { ...(user && { uid: user }), ...(!isEmpty(traits) && { properties: traits }) } };
  }

  /** Lets the user of the device go (ID-6, ID-7), in step with storage; says whether there was one to let go. */
  function anonymize(isForced: boolean, source?: string): boolean {
    if (capture != 'on') return release(isForced);
    const { bound } = here!;
    if (bound || isForced) leave(bound ? 'anonymize' : 'forget', source);
    return !!bound || isForced;
  }

  /** Ends the session as its user's and goes on as somebody else, in the order of CL-6. */
  function leave(why: ChangeWhy, source?: string, uid?: string): void {
    record('end', { why }, source);
    fresh(why, uid);
  }

  /** The binding of the device, once seen, stays, whatever a delayed write says (ID-11). */
  function boundOf({ device, bound }: Identity): string {
    return bound || (here?.device == device ? here.bound : '');
  }

  /** Lets an identity go while nothing is captured: from storage alone (SE-3, SE-4). */
  function release(isForced: boolean): boolean {
    const found = recordThere();
    const bound = found && boundOf(found);
    const isReleased = !!found && (!!bound || isForced);
    if (isReleased) {
      left[found.device] = true;
      write(RECORD, null);
      write(ACTIVITY, null);
    } else if (!here || found?.device == here.device) return false;
    enter(null, null, isReleased && !bound ? 'forget' : 'anonymize');
    return isReleased;
  }

  /** Ends the session and stops capture (SE-3). */
  function shutdown(source?: string): void {
    const isOn = capture == 'on';
    if (isOn) {
      follow();
      record('end', { why: 'shutdown' }, source);
    }
    if (capture != 'shutdown') news.shutdown = { reason: 0 };
    capture = 'shutdown';
    if (isOn) nextSession('shutdown', 0);
  }

  /** Begins to capture again (SE-3). */
  function restart(): void {
    if (capture != 'shutdown') return;
    if (!hasBegun) return begin();
    capture = 'on';
    const found = read();
    if (!found || boundOf(found)) fresh('restart');
    else {
      const isOver = !!over(found);
      const at = isOver ? renewed(found) : loaded(found);
      const id = here?.device == at.device ? null : mint('page');
      save(at);
      touch(isOver);
      if (id) enter(at, id, 'restart');
      else go(at, 'restart');
    }
    recordPage();
    began();
  }

  /** What storage says this page would be stamped with, without taking part (SE-5). */
  function peek(): Identity | null {
    return capture == 'on' ? read(() => undefined) : null;
  }

  function urlOf({ device, session }: Identity): string {
    return `${settings.app}/ui/${settings.org}/session/${device}%3A${session}`;
  }

  function timer(name: 'flush' | 'retry' | 'settle'): void {
    if (name == 'settle') acknowledgements.timer();
    else queue.timer(name);
  }

  /** The page is hidden or left, so that everything goes out now (QU-3); or the app is back, which is activity (SE-1). */
  function app(event: 'hide' | 'leave' | 'background' | 'foreground'): void {
    if (event != 'foreground') {
      guard();
      return queue.leave();
    }
    activity();
    finish();
  }

  return {
    ports,
    settings,
    queue,
    acknowledgements,
    get capture() {
      return capture;
    },
    /** Whether this page id has recorded nothing yet. */
    get isFresh() {
      return !n;
    },
    state,
    start,
    begin,
    finish,
    follow,
    renew,
    allows,
    record,
    write,
    guard,
    activity,
    navigated,
    keepPageNames: names.keep,
    isOthers,
    identify,
    tellUser,
    anonymize,
    leave,
    shutdown,
    restart,
    peek,
    urlOf,
    timer,
    app,
  };
}
