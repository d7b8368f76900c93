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
import { isPlaceholder, isTooLong, uidText } from './uid';

export interface Result {
  value_?: unknown;
  error_?: ErrorCode;
  /** The `end`, or else the `identify`, whose answer the call is to wait for (ID-8). */
  entry?: Entry | null;
}

type Options = Record<string, any>;
type Api = 1 | 2;
/** Done, or the code of what was wrong. */
type Done = ErrorCode | void;

const CONSENT = 'fs_cid';
const EVENT_NAME_CHARS_MAX = 250;
const MESSAGE_CHARS_MAX = 8192;
const LEVEL = /^(log|info|warn|error|debug)$/;
const SEEN = /^(click|navigate|exception|visibility|change)$/;

/** What only a page that captures can do; as a consent does, it waits until it is known who is there (CL-16). */
const RECORDING = /^(setProperties|trackEvent|capture|log)$/;

/** Performs call `name`. Nothing is thrown; what is wrong is noted and returned. */
export function perform(machine: Machine, name: string, given: unknown, api?: Api, source?: string): Result {
  const { allows, follow, say, touch } = machine;
  const { note, wallMs } = machine.ports;
  const isOff = !machine.isOn;
  const isIdentity = name == 'setIdentity';
  const isRecording = RECORDING.test(name);
  const isObject = typeof given == 'object' && given && !Array.isArray(given);
  const options: Options = isObject ? given : isIdentity ? { uid: given ?? null } : {};
  const { type, properties } = options;
  const calls: Record<string, () => Done> = {
    // @ts-expect-error: so that no call is called `toString`.
    __proto__: null,
    setIdentity: () => setIdentity(options),
    setProperties,
    trackEvent: () => event(options.name),
    capture: () => (SEEN.test(type) ? event(options.name ?? type, type) : 'invalid_event_type'),
    log,
    start: () => (machine.state().capture == 'shutdown' ? 'not_capturing' : machine.begin()),
    restart: machine.restart,
    shutdown: () => machine.shutdown(source),
    activity: touch,
  };
  if (name == 'getSession') return { value_: session() };
  const call = calls[name];
  const isSpoken = speaks();
  if (isSpoken) machine.hasSpoken = true;
  const isDeaf = isOff && !isSpoken && isRecording;
  if (!isSpoken && (isIdentity || isRecording) && machine.wait(() => void act())) return { value_: null };
  const error = act();
  const entry = machine.finish();
  return error ? { error_: error } : { value_: null, entry: options.ack === true ? entry : null };

  function act(): Done {
    const wrong = !call ? 'unknown_call' : isDeaf ? 'not_capturing' : call();
    if (wrong) note(wrong);
    return wrong;
  }

  /** Whether a call says who is there, or that nobody is; such a one is heard while nothing is captured, and waits for nothing. */
  function speaks(): boolean {
    if (isIdentity) return options.uid !== undefined || options.anonymous !== undefined;
    return api == 1 && name == 'setProperties' && type == 'user' && properties?.uid !== undefined;
  }

  function setIdentity(told: Options): Done {
    const { uid, anonymous, consent, scope } = told;
    const isGone = anonymous === true || uid === false;
    if (isGone && (uid ?? false) !== false) return 'uid_and_anonymous';
    if (scope != null && scope != 'page') return 'invalid_scope';
    if (isGone) {
      if (told.properties) note('properties_ignored');
      const isReleased = machine.anonymize(told.force === true, !!scope, source);
      if (!isOff) sign(consent);
      if (machine.presence.isStuck) return 'not_released';
      if (!isReleased) note('already_anonymous');
      return;
    }
    if (isOff) return 'not_capturing';
    if (anonymous !== undefined && uid == null) return 'invalid_anonymous';
    if (uid !== undefined) return identify(told);
    if (typeof consent != 'boolean') return 'empty_identity';
    follow();
    if (!allows('identity')) return 'rate_limited';
    sign(consent);
  }

  function identify(told: Options): Done {
    const uid = uidText(told.uid);
    if (uid === null) return 'invalid_uid';
    if (isPlaceholder(uid)) return 'placeholder_uid';
    const isPage = !!told.scope;
    follow(isPage ? undefined : uid, source);
    const isOthers = machine.isOthers(uid);
    if (!allows('identity')) {
      if (isOthers) machine.anonymize(false, isPage, source);
      return 'rate_limited';
    }
    if (machine.ports.isSuspicious?.(uid)) note('suspicious_uid');
    const found = carried(told.properties, told.schema);
    if (!found) note('invalid_properties');
    machine.identify(uid, found || {}, isPage, source);
    sign(told.consent);
    if (isOthers && machine.presence.isStuck) return 'not_released';
  }

  /** Records a consent, given or withdrawn, if `granted` is one. */
  function sign(granted: unknown): void {
    if (typeof granted != 'boolean') return;
    touch();
    say('consent', { granted }, source);
    machine.write(CONSENT, granted ? '1.1' : '1.0');
  }

  /** What an operation carries of properties and schema; null when one of them cannot travel (PR-1). */
  function carried(given: unknown, schema: unknown): Carried | null {
    const plain = plainObject(given);
    const types = plainObject(schema);
    if (!plain || !types) return null;
    if (isEmpty(plain)) return {};
    return { properties: plain, schema: isEmpty(types) ? undefined : types, suffixes: api == 1 || machine.settings.mobile || undefined };
  }

  function setProperties(): Done {
    if (type != 'user' && type != 'page') return 'invalid_properties';
    const { schema } = options;
    const hasUid = type == 'user' && typeof properties == 'object' && properties && 'uid' in properties;
    const { uid, ...rest } = hasUid ? properties : { uid: 0 };
    if (hasUid && api == 1) return setIdentity({ uid: uid ?? null, properties: isEmpty(rest) ? undefined : rest, schema });
    const found = properties != null && carried(hasUid ? rest : properties, schema);
    if (!found) return 'invalid_properties';
    follow();
    if (!allows('properties')) return 'rate_limited';
    if (hasUid) note('uid_in_properties');
    const { properties: kept = {} } = found;
    if (type == 'page') machine.keepPageNames(kept);
    if (isEmpty(kept)) return;
    say('properties', { type, ...found }, source);
    if (type == 'user') machine.tellUser(found);
  }

  /** An event, as the app names it or as the platform saw it without being told: then of a type (CL-13). */
  function event(called: unknown, seen?: string): Done {
    if (typeof called != 'string' || !called || isTooLong(called, EVENT_NAME_CHARS_MAX)) return 'invalid_event_name';
    const found = carried(properties, options.schema);
    if (!found) return 'invalid_properties';
    follow();
    if (!seen && !allows('events')) return 'rate_limited';
    if (seen != 'visibility' || !machine.isFresh) say('event', { name: called, type: seen, ...found }, source);
  }

  function log(): Done {
    let { level, msg } = options;
    if (msg === undefined) [level, msg] = ['log', level];
    if (typeof msg != 'string' || !msg) return 'invalid_log';
    follow();
    say('log', { level: LEVEL.test(level) ? level : 'log', message: msg.slice(0, MESSAGE_CHARS_MAX) }, source);
  }

  function session(): unknown {
    const at = machine.peek();
    if (!at) return null;
    const { format } = options;
    const { device, session: sessionId } = at;
    if (format == 'id') return device + ':' + sessionId;
    const own = machine.state();
    if (format == 'all') return { orgId: machine.settings.org, userId: device, sessionId, pageId: own.device == device ? own.page : null };
    return machine.urlOf(at) + (format == 'url.now' ? '%3A' + wallMs() : '');
  }
}

/** Settles with what a call gave: once, with the code of what went wrong or null, when the server has answered if it is to (ID-8). */
export function settleWith(machine: Machine, result: Result, settle: (error: ErrorCode | null, value?: unknown) => void): void {
  if (result.entry) machine.acknowledgements.await(result.entry, settle);
  else settle(result.error_ || null, result.value_);
}

