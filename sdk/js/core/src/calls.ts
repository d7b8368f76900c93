/**
 * The calls people make, checked and done: v2 names, and v1 shapes under API version 1 (CL-7, ID-9, ID-10).
 *
 * Each goes the same way (CL-14): refused, or else in step with storage, then a token, remarks, and only then something
 * happens. An anonymize takes no token and is never dropped (LI-3).
 */

import type { ErrorCode } from './codes';
import type { Carried, Machine } from './machine';
import { isEmpty, plainObject } from './properties';
import type { Entry } from './queue';
import { isPlaceholder, isSuspicious, isTooLong, uidText } from './uid';

export interface Result {
  value?: unknown;
  error?: ErrorCode;
  /** The `end`, or else the `identify`, that was recorded. */
  entry?: Entry | null;
}

type Options = Record<string, any>;
type Api = 1 | 2;
type Source = string | undefined;
/** Done, or the code of what was wrong. */
type Done = ErrorCode | void;
type Call = (machine: Machine, options: Options, source: Source, api: Api) => Done;

const CONSENT = 'fs_cid';
const EVENT_NAME_CHARS_MAX = 250;
const MESSAGE_CHARS_MAX = 8192;
const LEVEL = /^(log|info|warn|error|debug)$/;
const SEEN = /^(click|navigate|exception|visibility|change)$/;

/** What only a page that captures can do. */
const RECORDING = /^(setProperties|trackEvent|capture|log)$/;
/** What waits until it is known who is there (CL-16). */
const RECORDS = /^(setIdentity|setProperties|trackEvent|capture|log)$/;
const CALLS: Record<string, Call> = {
  // @ts-expect-error: so that no call is called `toString`.
  __proto__: null,
  setIdentity,
  setProperties,
  trackEvent: (...call) => event(false, ...call),
  capture: (...call) => event(true, ...call),
  log,
  start: (machine) => (machine.capture == 'shutdown' ? 'not_capturing' : machine.begin()),
  restart: (machine) => machine.restart(),
  shutdown: (machine, _, source) => machine.shutdown(source),
  activity: (machine) => machine.touch(),
};

/** Performs call `name`. Nothing is thrown; what is wrong is noted and returned. */
export function perform(machine: Machine, name: string, given: unknown, api: Api = 2, source?: string): Result {
  const isObject = typeof given == 'object' && given && !Array.isArray(given);
  const options: Options = isObject ? given : name == 'setIdentity' ? { uid: given === undefined ? null : given } : {};
  if (name == 'getSession') return { value: session(machine, options.format) };
  const call = CALLS[name];
  const isSpoken = speaks(name, options, api);
  const isDeaf = machine.capture != 'on' && !isSpoken && RECORDING.test(name);
  if (!isSpoken && RECORDS.test(name) && machine.wait(() => void act())) return { value: null };
  const error = act();
  const entry = machine.finish();
  return error ? { error } : { value: null, entry };

  function act(): Done {
    const wrong = !call ? 'unknown_call' : isDeaf ? 'not_capturing' : call(machine, options, source, api);
    if (wrong) machine.ports.note(wrong);
    return wrong;
  }
}

/** As `perform`; `settle` is called once, with the code of what went wrong or null (ID-8). */
export function performAsync(
  machine: Machine, name: string, options: unknown, api: Api, source: string | undefined,
  settle: (error: ErrorCode | null, value?: unknown) => void,
): void {
  const { error, value, entry } = perform(machine, name, options, api, source);
  if (entry && (options as Options | null)?.ack === true) machine.acknowledgements.await(entry, (isAnswered) => settle(isAnswered ? null : 'not_acknowledged'));
  else settle(error || null, value);
}

function setIdentity(machine: Machine, options: Options, source: Source, api: Api): Done {
  const { uid, anonymous, consent, scope } = options;
  const hasConsent = typeof consent == 'boolean';
  const isOff = machine.capture != 'on';
  if (anonymous === true && uid != null && uid !== false) return 'uid_and_anonymous';
  if (scope != null && scope != 'page') return 'invalid_scope';
  if (anonymous === true || uid === false) {
    if (options.properties) machine.ports.note('properties_ignored');
    const isReleased = machine.anonymize(options.force === true, !!scope, source);
    if (hasConsent && !isOff) recordConsent(machine, consent, source);
    if (machine.presence.isStuck) return 'not_released';
    if (!isReleased) machine.ports.note('already_anonymous');
    return;
  }
  if (isOff) return 'not_capturing';
  if (anonymous !== undefined && uid == null) return 'invalid_anonymous';
  if (uid !== undefined) return identify(machine, options, source, api);
  if (!hasConsent) return 'empty_identity';
  machine.follow();
  if (!machine.allows('identity')) return 'rate_limited';
  recordConsent(machine, consent, source);
}

function identify(machine: Machine, options: Options, source: Source, api: Api): Done {
  const uid = uidText(options.uid);
  if (uid === null) return 'invalid_uid';
  if (isPlaceholder(uid)) return 'placeholder_uid';
  const isPage = !!options.scope;
  machine.follow(isPage ? undefined : uid, source);
  const isOthers = machine.isOthers(uid);
  if (!machine.allows('identity')) {
    if (isOthers) machine.anonymize(false, isPage, source);
    return 'rate_limited';
  }
  if (isSuspicious(uid)) machine.ports.note('suspicious_uid');
  const found = carried(machine, options, api);
  if (!found) machine.ports.note('invalid_properties');
  machine.identify(uid, found || {}, isPage, source);
  if (typeof options.consent == 'boolean') recordConsent(machine, options.consent, source);
  if (isOthers && machine.presence.isStuck) return 'not_released';
}

function recordConsent(machine: Machine, granted: boolean, source: Source): void {
  machine.touch();
  machine.record('consent', { granted }, source);
  machine.write(CONSENT, granted ? '1.1' : '1.0');
}

/** What an operation carries of properties and schema; null when one of them cannot travel (PR-1). */
function carried(machine: Machine, { properties, schema }: Options, api: Api): Carried | null {
  const plain = plainObject(properties);
  const types = plainObject(schema);
  if (!plain || !types) return null;
  if (isEmpty(plain)) return {};
  return { properties: plain, schema: isEmpty(types) ? undefined : types, suffixes: api == 1 || machine.settings.mobile ? true : undefined };
}

function setProperties(machine: Machine, options: Options, source: Source, api: Api): Done {
  const { type } = options;
  if (type != 'user' && type != 'page') return 'invalid_properties';
  const given = options.properties;
  const hasUid = type == 'user' && typeof given == 'object' && given && 'uid' in given;
  const { uid, ...rest } = hasUid ? given : { uid: 0 };
  if (hasUid && api == 1) {
    const properties = isEmpty(rest) ? undefined : rest;
    return setIdentity(machine, { uid: uid === undefined ? null : uid, properties, schema: options.schema }, source, api);
  }
  const found = given != null && carried(machine, { ...options, properties: hasUid ? rest : given }, api);
  if (!found) return 'invalid_properties';
  machine.follow();
  if (!machine.allows('properties')) return 'rate_limited';
  if (hasUid) machine.ports.note('uid_in_properties');
  const { properties } = found;
  if (type == 'page' && properties) machine.keepPageNames(properties);
  if (!properties || isEmpty(properties)) return;
  machine.say('properties', { type, ...found }, source);
  if (type == 'user') machine.tellUser(found);
}

/** Whether a call says who is there, or that nobody is; such a one is heard while nothing is captured, and waits for nothing. */
function speaks(name: string, { uid, anonymous, type, properties }: Options, api: Api): boolean {
  return name == 'setIdentity' ? uid !== undefined || anonymous !== undefined : api == 1 && name == 'setProperties' && type == 'user' && properties?.uid !== undefined;
}

/** An event, as the app names it or as the platform saw it without being told (CL-13). */
function event(isSeen: boolean, machine: Machine, options: Options, source: Source, api: Api): Done {
  const type: string | undefined = isSeen ? options.type : undefined;
  const { name: given } = options;
  const name = isSeen && given == null ? type : given;
  if (isSeen && !SEEN.test(type!)) return 'invalid_event_type';
  if (typeof name != 'string' || !name || isTooLong(name, EVENT_NAME_CHARS_MAX)) return 'invalid_event_name';
  const found = carried(machine, options, api);
  if (!found) return 'invalid_properties';
  machine.follow();
  if (!isSeen && !machine.allows('events')) return 'rate_limited';
  if (type != 'visibility' || !machine.isFresh) machine.say('event', { name, type, ...found }, source);
}

function log(machine: Machine, options: Options, source: Source): Done {
  let { level, msg } = options;
  if (msg === undefined) [level, msg] = ['log', level];
  if (typeof msg != 'string' || !msg) return 'invalid_log';
  machine.follow();
  machine.say('log', { level: LEVEL.test(level) ? level : 'log', message: msg.slice(0, MESSAGE_CHARS_MAX) }, source);
}

function session(machine: Machine, format: unknown): unknown {
  const at = machine.peek();
  if (!at) return null;
  const { device, session: sessionId } = at;
  if (format == 'id') return device + ':' + sessionId;
  const { settings, ports } = machine;
  const { device: own, page } = machine.state();
  if (format == 'all') {
    return { orgId: settings.org, userId: device, sessionId, pageId: own == device ? page : null };
  }
  return machine.urlOf(at) + (format == 'url.now' ? '%3A' + ports.wallMs() : '');
}
