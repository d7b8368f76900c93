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
 * `Machine` holds identity, sessions and the page; calls are checked in `calls`, kept and sent by `Queue`.
 */

import { Acknowledgements } from './acknowledgements';
import { Buckets, type Limited, MOBILE, WEB } from './limits';
import { boundTo } from './bound';
import type { ChangeWhy, Kind, Ports } from './ports';
import { type Entry, Queue } from './queue';
import { isEmpty } from './properties';
import { freshRecord, type Identity, parseRecord, recordText, wholeSecond } from './record';
import { type Config, DEFAULTS, type Settings } from './settings';

export const RECORD = 'fs_uid';
export const ACTIVITY = 'fs_lua';
export const CONSENT = 'fs_cid';

export type Capture = 'off' | 'on' | 'shutdown';
export type Members = Record<string, unknown>;
/** What an operation carries of properties: nothing, or these. `suffixes`: their names may carry types (PR-1.3). */
export type Carried = { properties?: Members; schema?: Members | undefined; suffixes?: true | undefined };

export interface State {
  capture: Capture;
  device: string | null;
  session: string | null;
  page: string | null;
  uid: string | null;
  bound: boolean;
}

const SUFFIX = /(.)_(str|int|real|bool|date)s?$/;

/** What observers hear at the end of a call, in this order (CL-7). */
const NEWS = ['start', 'session', 'shutdown', 'user'] as const;
type News = Partial<Record<(typeof NEWS)[number], Members>>;

export class Machine {
  capture: Capture = 'off';
  settings: Settings = DEFAULTS;
  queue!: Queue;
  acknowledgements!: Acknowledgements;
  /** The `end`, or else the `identify`, that the present call recorded. */
  identityEntry: Entry | null = null;
  /** User properties that this page was told of the present user. */
  traits: Members = {};
  pageName = '';
  pageNames: Record<string, true> = {};

  private at_: Identity | null = null;
  private page_: string | null = null;
  private uid_: string | null = null;
  private n_ = 0;
  private hasBegun_ = false;
  private isPageDue_ = false;
  private url_ = '';
  private place_ = '';
  private buckets_ = new Buckets(WEB);
  private activeAt_ = 0;
  private readonly left_: Record<string, true> = {};
  /** What storage held when the record could not be written; undefined: it could. */
  private held_: string | null | undefined;
  /** Why `read_` last found nothing to go on with. */
  private whyGone_: ChangeWhy = 'lost';
  private hasFailed_ = false;
  private news_: News = {};

  constructor(readonly ports: Ports) {}

  get state(): State {
    const { capture, at_, page_, uid_ } = this;
    return {
      capture,
      device: at_ && at_.device,
      session: at_ && at_.session,
      page: page_,
      uid: uid_,
      bound: !!at_ && !!at_.bound,
    };
  }

  /** Takes the configuration, and begins to capture unless that is switched off (CL-3, SE-4). */
  start(config: Config): void {
    this.settings = { ...DEFAULTS, ...config, limits: { ...(config.mobile ? MOBILE : WEB), ...config.limits } };
    this.acknowledgements = new Acknowledgements(this.ports, this.settings.settle_ms);
    this.queue = new Queue(
      this.ports,
      this.settings,
      (entry, isAnswered) => this.acknowledgements.answered(entry, isAnswered),
      (key, value) => (value === null ? this.remove_(key) : this.write(key, value)),
    );
    if (this.settings.capture) this.begin();
    this.finish();
  }

  /** Capture begins on this page load. */
  begin(): void {
    if (this.capture == 'on') return;
    const { ports } = this;
    const found = this.read_();
    const isOver = found && this.over_(found);
    // What was read a moment ago is not written back if another tab let the user go meanwhile.
    if (found && this.deviceThere_() != found.device) return this.begin();
    this.capture = 'on';
    this.hasBegun_ = true;
    if (!found) this.mint_('start');
    else if (isOver) this.turn_(this.renewed_(found), 'start', true);
    else this.turn_({ ...found, pages: found.pages + 1 }, 'start', false);
    this.record('page', { ...ports.page() });
    this.began_();
    this.queue.takeRemains();
  }

  private began_(): void {
    this.news_.start = { sessionUrl: this.url(this.at_!) };
    this.newSession_();
  }

  /** What a call has set going is sent, and observers are told. */
  finish(): void {
    const news = this.news_;
    this.news_ = {};
    this.queue.pump();
    for (const name of NEWS) if (news[name]) this.ports.notify(name, news[name]);
  }

  /**
   * The record to go on with, null when there is none. It is what storage holds; but while storage holds what it held
   * when a write failed, it is what could not be written. A foreign one and one this page has left are noted, and no record.
   */
  private read_(note: (code: string) => void = this.ports.note): Identity | null {
    const { storage, wallMs } = this.ports;
    const text = storage.read(RECORD);
    if (this.held_ === text) return this.at_;
    const found = parseRecord(text, this.settings.org);
    this.held_ = undefined;
    this.whyGone_ = 'lost';
    if (text && !found) note('foreign_record');
    if (!found || found.expiry * 1000 <= wallMs()) return null;
    if (!this.left_[found.device]) return found;
    note('released_device_returned');
    this.whyGone_ = 'returned';
    return null;
  }

  /** A new device, session and page id. `uid` binds the device. */
  private mint_(why: ChangeWhy, uid: string | null = null): void {
    const { ports } = this;
    const at = freshRecord(ports.mint('device'), ports.mint('session'), ports.wallMs());
    if (uid) at.bound = boundTo(at.device, uid);
    this.turn_(at, why, true, uid);
  }

  /** Writes `at`, then makes it this page's, under a page id of its own (CL-6). */
  private turn_(at: Identity, why: ChangeWhy, isNew: boolean, uid: string | null = null): void {
    const page = this.ports.mint('page');
    this.save_(at);
    this.touch_(isNew);
    this.enter_(at, page, why, uid);
  }

  /** A page id of its own begins with nothing carried over: no counter, bucket or page property (PV-1). */
  private enter_(at: Identity | null, page: string | null, why: ChangeWhy, uid: string | null = null): void {
    const before = this.state;
    const isSame = at && before.device == at.device;
    if (before.device && !isSame) this.left_[before.device] = true;
    this.at_ = at;
    this.page_ = page;
    this.n_ = 0;
    this.isPageDue_ = true;
    this.buckets_ = new Buckets(this.settings.limits);
    this.forgetPage_();
    this.tell_('device', before.device, at && at.device, why);
    this.tell_('session', before.session, at && at.session, why);
    this.tell_('page', before.page, page, why);
    if (!isSame) {
      if (this.uid_ || !isEmpty(this.traits)) this.news_.user = { user: null };
      this.traits = {};
      this.become_(uid, why);
    }
    if (at && before.session && before.session != at.session) this.newSession_();
  }

  private tell_(what: Kind, from: string | null, to: string | null, why: ChangeWhy): void {
    if (from != to) this.ports.changed(what, from, to, why);
  }

  private become_(uid: string | null, why: ChangeWhy): void {
    const before = this.uid_;
    this.uid_ = uid;
    if (before != uid) this.ports.changed('uid', before, uid, why);
  }

  private forgetPage_(): void {
    this.pageName = '';
    this.pageNames = {};
  }

  private newSession_(): void {
    if (this.capture == 'on') this.news_.session = { url: this.url(this.at_!) };
  }

  /** Brings memory in step with storage (the table above). */
  follow(): Identity {
    const { ports } = this;
    const at = this.at_!;
    const found = this.read_();
    if (!found) this.mint_(this.whyGone_);
    else if (found.device != at.device) {
      this.activeAt_ = 0;
      this.enter_(found, ports.mint('page'), 'tab');
    } else {
      const bound = this.boundOf_(found);
      this.go_({ ...found, bound }, 'tab');
      if (bound != found.bound || this.held_ !== undefined) this.save_(this.at_!);
    }
    return this.at_!;
  }

  /** Goes on with `at` on the same device; in another session, with a page operation to come (CL-5). */
  private go_(at: Identity, why: ChangeWhy): void {
    const before = this.at_!.session;
    this.at_ = at;
    if (before == at.session) return;
    if (why == 'tab') this.activeAt_ = 0;
    this.isPageDue_ = true;
    this.tell_('session', before, at.session, why);
    this.newSession_();
  }

  private save_(at: Identity): void {
    const { storage } = this.ports;
    if (storage.write(RECORD, recordText(this.settings.org, at))) this.held_ = undefined;
    else {
      // What is there must not bring anybody back at the next load; a removal needs no room.
      storage.remove(RECORD);
      if (this.held_ === undefined) this.held_ = storage.read(RECORD);
      this.fail_();
    }
  }

  write(key: string, value: string): void {
    if (!this.ports.storage.write(key, value)) this.fail_();
  }

  private remove_(key: string): void {
    if (!this.ports.storage.remove(key)) this.fail_();
  }

  private fail_(): void {
    if (!this.hasFailed_) this.ports.note('storage_failed');
    this.hasFailed_ = true;
  }

  /** When storage last heard of activity, wall ms; 0: never. */
  private heardAt_(): number {
    const found = /^1\.(\d{1,15})$/.exec(this.ports.storage.read(ACTIVITY) || '');
    return found ? +found[1]! : 0;
  }

  /** Takes note of activity; storage hears of it at most once per `activity_write_ms` (ST-4), but of a beginning always. */
  private touch_(isBeginning = false): void {
    const now = this.ports.wallMs();
    this.activeAt_ = isBeginning ? now : Math.max(this.activeAt_, now);
    if (isBeginning || now - this.heardAt_() >= this.settings.activity_write_ms) this.write(ACTIVITY, '1.' + (isBeginning ? wholeSecond(now) : now));
  }

  /** Why the session of `at` is over by now, if it is (SE-1). */
  private over_(at: Identity): 'age' | 'idle' | null {
    const idleAt = Math.max(at.began, this.activeAt_, this.heardAt_()) + this.settings.idle_ms;
    const ageAt = at.began + this.settings.age_ms;
    if (this.ports.wallMs() < Math.min(idleAt, ageAt)) return null;
    return ageAt <= idleAt ? 'age' : 'idle';
  }

  /** Begins the next session if this one is over; says whether it did. */
  renew(): boolean {
    const over = this.over_(this.at_!);
    if (over) this.nextSession_(over);
    return !!over;
  }

  private renewed_(at: Identity, pages = 1): Identity {
    return { ...at, session: this.ports.mint('session'), began: this.ports.wallMs(), pages };
  }

  private nextSession_(why: ChangeWhy, pages?: number): void {
    const at = this.renewed_(this.at_!, pages);
    this.save_(at);
    this.touch_(true);
    this.go_(at, why);
  }

  private deviceThere_(): string | null {
    const found = parseRecord(this.ports.storage.read(RECORD), this.settings.org);
    return found && found.device;
  }

  /** A device that this page has left, and another tab wrote back, is not there for the next page load to find (ID-11). */
  guard(): void {
    if (this.capture != 'on') return;
    const there = this.deviceThere_();
    if (!there || !this.left_[there]) return;
    this.follow();
    this.finish();
  }

  /** A user's input (SE-1). */
  activity(): void {
    if (this.capture != 'on') return;
    this.follow();
    const isNew = this.renew();
    this.touch_();
    if (isNew && this.n_) this.recordPage_();
  }

  /** Whether a call of this kind may pass (LI-1); it takes a token. */
  allows(kind: Limited): boolean {
    return this.buckets_.take(kind, this.ports.wallMs());
  }

  /** Whether this page id has recorded nothing yet. */
  get isFresh(): boolean {
    return !this.n_;
  }

  /** Stamps an operation and hands it to the queue. The page it happens on is recorded before it (CL-4, CL-5). */
  record(op: string, members: Members, source?: string): void {
    if (op == 'page') {
      this.url_ = String(members.url);
      this.isPageDue_ = false;
    } else if (this.isPageDue_ && op != 'end') this.recordPage_();
    const { device, session, began } = this.at_!;
    const entry = this.queue.add(
      { device, session, page: this.page_!, started: began },
      { op, n: ++this.n_, t: this.ports.wallMs(), ...members, source: source ? source.slice(0, 64) : undefined },
    );
    if (op == 'end' || (op == 'identify' && !this.identityEntry)) this.identityEntry = entry;
  }

  private recordPage_(): void {
    const { url, title } = this.ports.page();
    this.record('page', { url, title });
  }

  /** The URL of the page may have changed (CL-11). */
  navigated(): void {
    if (this.capture != 'on' || this.ports.page().url == this.url_) return;
    this.checkPage();
    this.follow();
    this.renew();
    this.recordPage_();
    this.finish();
  }

  /** Page properties end with the host or path they were set on (PR-3). */
  checkPage(): void {
    const here = this.ports.page().url.replace(/^[a-z][\w+.-]*:\/\//i, '').replace(/[?#].*$/, '');
    if (here != this.place_) this.forgetPage_();
    this.place_ = here;
  }

  /** Whether the device is another user's than `uid`'s. */
  isOthers(uid: string): boolean {
    const { bound, device } = this.at_!;
    return !!bound && bound != boundTo(device, uid);
  }

  /** Binds the device (ID-2), says the same again (ID-4), or leaves it for another (ID-5). */
  identify(uid: string, carried: Carried, source?: string): void {
    if (this.isOthers(uid)) this.leave('reidentify', source, uid);
    else {
      const isNew = this.renew();
      const at = this.at_!;
      if (!at.bound) {
        this.at_ = { ...at, bound: boundTo(at.device, uid) };
        if (this.settings.split_on_identify && !isNew) this.nextSession_('split');
        else this.save_(this.at_);
      }
      this.touch_();
      this.become_(uid, 'identify');
    }
    this.record('identify', { uid, ...carried }, source);
    this.tellUser(carried);
  }

  /** What this page was told of the present user, for its observers (CL-7). */
  tellUser({ properties = {}, suffixes }: Carried): void {
    const traits = (this.traits = { ...this.traits });
    for (const name of Object.keys(properties)) {
      if (properties[name] !== null) traits[suffixes ? name.replace(SUFFIX, '$1') : name] = properties[name];
    }
    const uid = this.uid_;
    this.news_.user = { user: { ...(uid && { uid }), ...(!isEmpty(traits) && { properties: traits }) } };
  }

  /** Lets the user of the device go (ID-6, ID-7), in step with storage; says whether there was one to let go. */
  anonymize(isForced: boolean, source?: string): boolean {
    if (this.capture != 'on') return this.release_(isForced);
    const { bound } = this.at_!;
    if (bound || isForced) this.leave(bound ? 'anonymize' : 'forget', source);
    return !!bound || isForced;
  }

  /** Ends the session as its user's and goes on as somebody else, in the order of CL-6. */
  leave(why: ChangeWhy, source?: string, uid: string | null = null): void {
    this.record('end', { why }, source);
    this.mint_(why, uid);
  }

  /** The binding of the device, once seen, stays, whatever a delayed write says (ID-11). */
  private boundOf_({ device, bound }: Identity): string {
    const { at_ } = this;
    return bound || (at_ && at_.device == device ? at_.bound : '');
  }

  /** Lets an identity go while nothing is captured: from storage alone (SE-3, SE-4). */
  private release_(isForced: boolean): boolean {
    const { storage } = this.ports;
    const found = parseRecord(storage.read(RECORD), this.settings.org);
    const bound = found && this.boundOf_(found);
    const isReleased = !!found && (!!bound || isForced);
    if (isReleased) {
      this.left_[found!.device] = true;
      if (!storage.remove(RECORD) || !storage.remove(ACTIVITY)) this.fail_();
    } else if (!this.at_ || (found && found.device == this.at_.device)) return false;
    this.enter_(null, null, isReleased && !bound ? 'forget' : 'anonymize');
    return isReleased;
  }

  /** Ends the session and stops capture (SE-3). */
  shutdown(source?: string): void {
    const { capture } = this;
    if (capture == 'on') {
      this.follow();
      this.record('end', { why: 'shutdown' }, source);
      this.capture = 'shutdown';
      this.nextSession_('shutdown', 0);
    }
    if (capture != 'shutdown') this.news_.shutdown = { reason: 0 };
    this.capture = 'shutdown';
  }

  /** Begins to capture again (SE-3). */
  restart(): void {
    if (this.capture != 'shutdown') return;
    if (!this.hasBegun_) return this.begin();
    this.capture = 'on';
    const { ports, at_ } = this;
    const found = this.read_();
    if (!found || this.boundOf_(found)) this.mint_('restart');
    else {
      const isOver = this.over_(found);
      const at = isOver ? this.renewed_(found) : { ...found, pages: found.pages + 1 };
      const page = at_ && at_.device == at.device ? null : ports.mint('page');
      this.save_(at);
      this.touch_(!!isOver);
      if (page) this.enter_(at, page, 'restart');
      else this.go_(at, 'restart');
    }
    this.recordPage_();
    this.began_();
  }

  /** What storage says this page would be stamped with, without taking part (SE-5). */
  peek(): Identity | null {
    return this.capture == 'on' ? this.read_(() => undefined) : null;
  }

  url({ device, session }: Identity): string {
    return `${this.settings.app}/ui/${this.settings.org}/session/${device}%3A${session}`;
  }

  timer(name: 'flush' | 'retry' | 'settle'): void {
    if (name == 'settle') this.acknowledgements.timer();
    else this.queue.timer(name);
  }

  /** The page is hidden or left, so that everything goes out now (QU-3); or the app is back, which is activity (SE-1). */
  app(event: 'hide' | 'leave' | 'background' | 'foreground'): void {
    if (event != 'foreground') {
      this.guard();
      return this.queue.leave();
    }
    this.activity();
    this.finish();
  }
}
