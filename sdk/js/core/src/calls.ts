/**
 * The calls people make, checked and done: v2 names, and v1 shapes under API version 1 (CL-7, ID-9, ID-10).
 *
 * Each goes the same way (CL-14): refused, or else in step with storage, then a token, remarks, and only then something
 * happens. An anonymize takes no token and is never dropped (LI-3).
 */

import { touch } from './activity';
import type { ErrorCode } from './codes';
import { anonymize, follow, identify } from './identity';
import { cut } from './json-text';
import { allows } from './limits';
import type { Core } from './machine';
import { keepNames } from './page-names';
import { isPlaceholder } from './placeholder';
import { isStuck, peek } from './presence';
import { type Carried, carriedOf, copied, isEmpty, isObject } from './properties';
import type { Entry } from './queue';
import { recordPage, say } from './recorder';
import { isOthers, isPageHeld, isUnknown, renew, tellUser, urlOf } from './standing';
import { CONSENT, write } from './store';
import { uidText } from './uid';

/** What a call gave, or the code of what was wrong. */
export interface Answer {
  value?: unknown;
  error?: ErrorCode;
  /** The `end`, or else the `identify`, whose answer the call is to wait for (ID-8). */
  entry?: Entry | null | undefined;
}

export interface Call {
  name: string;
  options: Record<string, any>;
  source: unknown;
  /** What it carries of properties, as they were when it was made; null: they cannot travel. */
  carried_: Carried | null;
  /** Whether a `uid` was among them. */
  hasUid_: unknown;
}

/** Done, or the code of what was wrong. */
export type Done = ErrorCode | void;

const EVENT_NAME_CHARS_MAX = 250;
const MESSAGE_CHARS_MAX = 8192;
const LEVELS = ['log', 'info', 'warn', 'error', 'debug'];
const SEEN = ['click', 'navigate', 'exception', 'visibility', 'change'];

/** What only a page that captures can do; as a consent does, it waits until it is known who is there (CL-16). */
export const RECORDING: Record<string, (c: Core, call: Call) => Done> = {
  // @ts-expect-error: so that no call is called `toString`.
  __proto__: null,
  setProperties,
  trackEvent: event,
  capture,
  log,
};

/** A call as it was given; a v1 `setProperties` of a user with a `uid` is a `setIdentity` (ID-10). */
export function callOf(c: Core, name: string, given: unknown, api: unknown, source: unknown): Call {
  let options: Call['options'] = isObject(given) ? { ...(given as object) } : name == 'setIdentity' ? { uid: given ?? null } : {};
  const { properties, schema, ack } = options;
  const hasUid_ = name == 'setProperties' && options.type === 'user' && isObject(properties) && 'uid' in properties;
  const { uid, ...rest } = hasUid_ ? properties : ({} as any);
  const carried_ = carriedOf(c, hasUid_ ? rest : properties, schema, api);
  if (hasUid_ && api == 1) {
    name = 'setIdentity';
    options = { uid: uid ?? null, properties: isEmpty(rest) ? null : rest, ack };
  }
  return { name, options, source, carried_, hasUid_ };
}

export function setIdentity(c: Core, call: Call): Done {
  const { uid, anonymous, consent, scope } = call.options;
  const isGone = anonymous === true || uid === false;
  if (isGone && (uid ?? false) !== false) return 'uid_and_anonymous';
  if (scope != null && scope !== 'page') return 'invalid_scope';
  if (isGone) return letGo(c, call);
  if (!c.isOn) return 'not_capturing';
  if (anonymous !== undefined && uid == null) return 'invalid_anonymous';
  if (uid !== undefined) return callIdentify(c, call);
  if (typeof consent != 'boolean') return 'empty_identity';
  follow(c);
  if (!allows(c, 'identity')) return 'rate_limited';
  sign(c, call);
}

function letGo(c: Core, call: Call): Done {
  const { properties, force, scope } = call.options;
  if (properties != null) c.note('properties_ignored');
  const isReleased = anonymize(c, force === true, scope, call.source);
  if (c.isOn) sign(c, call);
  if (isStuck(c)) return 'not_released';
  if (!isReleased) c.note('already_anonymous');
}

function callIdentify(c: Core, call: Call): Done {
  const { options, source, carried_ } = call;
  const uid = uidText(options.uid);
  if (!uid) return 'invalid_uid';
  if (isPlaceholder(uid)) return 'placeholder_uid';
  const isPage = options.scope;
  follow(c, isPage ? undefined : uid, source);
  const isAnother = isOthers(c.here!, uid);
  if (!allows(c, 'identity')) {
    if (isAnother) anonymize(c, false, isPage, source);
    return 'rate_limited';
  }
  if (c.isSuspicious?.(uid)) c.note('suspicious_uid');
  if (!carried_) c.note('invalid_properties');
  identify(c, uid, { ...carried_, sig: copied(options.signature) }, isPage, source);
  sign(c, call);
  if (isAnother && isStuck(c)) return 'not_released';
}

/** Records a consent, given or withdrawn, if there is one. */
function sign(c: Core, { options, source }: Call): void {
  const granted = options.consent;
  if (typeof granted != 'boolean') return;
  activity(c);
  say(c, 'consent', { granted }, source);
  write(c, CONSENT, '1.' + +granted);
}

function setProperties(c: Core, { options, source, carried_, hasUid_ }: Call): Done {
  const { type, properties } = options;
  if ((type !== 'user' && type !== 'page') || properties == null || !carried_) return 'invalid_properties';
  follow(c);
  if (!allows(c, 'properties')) return 'rate_limited';
  if (hasUid_) c.note('uid_in_properties');
  const kept = carried_.properties || {};
  if (type == 'page') keepNames(c, kept);
  if (isEmpty(kept)) return;
  say(c, 'properties', { type, ...carried_ }, source);
  if (type == 'user') tellUser(c, carried_);
}

/** What the platform saw without being told (CL-13). */
function capture(c: Core, call: Call): Done {
  const { type, name } = call.options;
  return SEEN.includes(type) ? event(c, call, name ?? type, type) : 'invalid_event_type';
}

/** An event, as the app names it or as the platform saw it: then of a type. */
function event(c: Core, { options, source, carried_ }: Call, name = options.name, type?: string): Done {
  if (!name || cut(name, EVENT_NAME_CHARS_MAX) !== name) return 'invalid_event_name';
  if (!carried_) return 'invalid_properties';
  follow(c);
  if (!type && !allows(c, 'events')) return 'rate_limited';
  // Leaving tells a page id that has recorded nothing yet no page.
  if (type != 'visibility' || c.count || isPageHeld(c)) say(c, 'event', { name, type, ...carried_ }, source);
}

function log(c: Core, { options, source }: Call): Done {
  const { level, msg = level } = options;
  const message = cut(msg, MESSAGE_CHARS_MAX);
  if (!message) return 'invalid_log';
  follow(c);
  say(c, 'log', { level: options.msg && LEVELS.includes(level) ? level : 'log', message }, source);
}

/** A user's input (SE-1). */
export function activity(c: Core): void {
  if (!c.isOn) return;
  follow(c);
  const isNew = renew(c);
  touch(c, false);
  if (c.isPageDue && ((isNew && c.count) || (!c.waiting && isPageHeld(c)))) recordPage(c);
}

/** Where the page would be recorded, in a format (SE-5); null where it would not. */
export function session(c: Core, given: any): unknown {
  const format = given?.format;
  const at = c.isOn && !isUnknown(c) && (c.isApart ? c.here : peek(c));
  if (!at) return null;
  const { device, session: sessionId } = at;
  if (format === 'id') return device + ':' + sessionId;
  if (format === 'all') return { orgId: c.settings.org, userId: device, sessionId, pageId: c.here!.device == device ? c.pageHere : null };
  return urlOf(c, at) + (format === 'url.now' ? '%3A' + c.wallMs() : '');
}
