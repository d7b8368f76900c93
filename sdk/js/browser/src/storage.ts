/**
 * Where the browser keeps things (ST-1): the identity record and its companions in cookies where cookies work, else in
 * local storage, else in memory; unsent operations in local storage, else in memory. A record in a home that is not in
 * use is a stray: it is removed, and never comes back.
 */

import type { Storage } from '../../core/src/index';
import { now, soon, tried } from './tried';

const PROBE = 'fs_probe';
const RECORD = 'fs_uid';
/** Says that whoever sees the record is to end it: a page that could not replace it has let its user go. */
const DISOWNED = 'fs_end';
/** A record, whichever org's it is. */
const RECORDED = /^#[^#]+#[\da-f-]{36}:[\da-f-]{36}:\d/;
const COOKIES = /^fs_(uid|lua|cid)$/;
const IDLE_S = 1800;
const YEAR_S = 31_536_000;
/** A frame without an address of its own (about:blank, srcdoc) has its origin from who made it. */
const { hostname, protocol } = tried<{ hostname: string; protocol: string }>(() => new URL(self.origin), location);
const SECURE = protocol == 'https:' ? ';Secure' : '';
/** The domains that this host is in, itself first. */
const DOMAINS = hostname.split('.').map((_, at, labels) => labels.slice(at).join('.'));

/** `cookieDomain` is how far cookies reach; the registrable domain when undefined. `domain` is how far they do. */
export function browserStorage(org: string, cookieDomain: string | undefined): Storage & { domain(): string } {
  // One that is full is still the home of what it holds: that must not come back when there is room again.
  const store: Record<string, any> = tried(() => localStorage) || { __proto__: null };
  /** Records that stood beside one another, of which none counts. */
  let beside: string[] = [];
  let domain: string | null | undefined;
  let isTrusted: unknown;
  /** Whether there is a cookie that this page can neither see nor replace: `Secure` on http, or `HttpOnly`. */
  let isBlocked = false;
  /** What is behind the names of keys where another org has the plain ones. */
  let suffix: string | undefined;

  /** Whether a key's home is a cookie. That shows only by setting one, so it is asked when first needed (SE-4). */
  const isCookie = (key: string): boolean => {
    if (!COOKIES.test(key)) return false;
    if (domain === undefined) {
      const wanted = cookieDomain == null ? reaches() : [cookieDomain.replace(/^\./, '')];
      domain = wanted.find(takesCookie) ?? null;
    }
    return domain !== null;
  };

  /** Everything that stands under a name in a home. */
  const all = (name: string, isInCookies: boolean): string[] => (isInCookies ? cookies(name) : name in store ? [String(store[name])] : []);

  if (store.setItem) tried(() => yieldTo(store as globalThis.Storage));

  const isOurs = (text: string): boolean => !RECORDED.test(text) || text.startsWith(`#${org}#`);

  /** What a key is called: two orgs on one domain keep their own records (ST-9). */
  const nameOf = (key: string): string => {
    if (!COOKIES.test(key)) return key;
    const own = '_' + org;
    const isIn = isCookie(RECORD);
    if (suffix === undefined) suffix = all(RECORD + own, isIn)[0] || all(RECORD, isIn).some((text) => !isOurs(text)) ? own : '';
    return key + suffix;
  };

  /** Sets a value, or removes it (null), in its home. */
  const put = guarded((key: string, value: string | null): boolean => {
    const name = nameOf(key);
    if (!isCookie(key)) {
      if (value === null) delete store[name];
      else if (store.setItem) store.setItem(name, value);
      else store[name] = value;
      return true;
    }
    setCookie(name, value, domain!);
    // Reading right after writing is a round trip to another process, so only the first record is looked for.
    if (key != RECORD) return true;
    if (value !== null && !isTrusted) {
      // The record stood at another reach: it moves.
      if (cookies(name)[1]) {
        removeEverywhere(name);
        setCookie(name, value, domain!);
      }
      // Another tab may have written since; nothing at all means that a cookie we cannot see is in the way.
      isTrusted = cookies(name)[0];
      isBlocked = !isTrusted;
      if (isTrusted && isDisowned()) {
        delete store[DISOWNED];
        setCookie(DISOWNED, null, domain!);
      }
    }
    return !isBlocked;
  });

  /** As `put`; what only says when the user was here last is put when the calls under way are over (ST-4). */
  const write = (key: string, value: string | null): boolean => key != 'fs_lua' ? put(key, value) : !!soon(() => put(key, value));

  const read = (key: string): string | null => {
    const name = nameOf(key);
    const found = all(name, isCookie(key));
    if (found.length == 1 && !(key == RECORD && isCookie(key) && !isTrusted && isDisowned())) {
      if (key != RECORD || suffix || isOurs(found[0]!)) return found[0]!;
      suffix = undefined;
      return read(key);
    }
    if (isCookie(key)) isTrusted = false;
    if (found[0] && key == RECORD) {
      beside.push(...found);
      removeEverywhere(name);
    }
    return null;
  };

  /** Whether a page that could not replace the record has let its user go. */
  const isDisowned = (): unknown => DISOWNED in store || cookies(DISOWNED)[0];

  /** What stands in homes that are not in use, and no more; another org's is not ours to touch. */
  const strays = (): string[] => {
    const isIn = isCookie(RECORD);
    const used = nameOf(RECORD);
    const found = beside.filter(isOurs);
    beside = [];
    for (const name of [RECORD, RECORD + '_' + org]) {
      for (const isThere of [true, false]) {
        if (isThere == isIn && name == used) continue;
        const texts = all(name, isThere);
        if (!texts[0] || !texts.every(isOurs)) continue;
        found.push(...texts);
        if (isThere) removeEverywhere(name);
        else delete store[name];
      }
    }
    return found;
  };

  return {
    read: guarded(read, null),
    write,
    keys: guarded((prefix) => Object.keys(store).filter((key) => key.startsWith(prefix)), []),
    strays: guarded(strays, []),
    disown: guarded(() => {
      if (!isCookie(RECORD)) store[DISOWNED] = '1';
      else if (isBlocked) setCookie(DISOWNED, '1', domain!);
    }),
    domain: () => (isCookie(RECORD) ? domain! : ''),
  };
}

/** `work`, but giving `otherwise` where it throws. */
function guarded<Args extends unknown[], T>(work: (...args: Args) => T, otherwise?: T): (...args: Args) => T {
  return (...args) => tried(() => work(...args), otherwise);
}

/** When storage is full, the page's own writes go before our outboxes (QU-9), which are in memory too. */
function yieldTo(store: globalThis.Storage): void {
  const { setItem } = Storage.prototype;
  Storage.prototype.setItem = function (...item): void {
    try {
      setItem.apply(this, item);
    } catch (error) {
      if (this != store) throw error;
      for (const key of Object.keys(store)) if (/^fs_out/.test(key)) delete store[key];
      setItem.apply(this, item);
    }
  };
}

/** The values of every cookie of that name; more than one if there are several scopes. */
function cookies(key: string): string[] {
  const [, ...found] = ('; ' + document.cookie).split(`; ${key}=`);
  return found.map((text) => text.split(';')[0]!);
}

/** Removes a cookie from every domain and path that this page could see it from. */
function removeEverywhere(key: string): void {
  location.pathname.split('/').forEach((_, at, steps) => {
    const path = steps.slice(0, at + 1).join('/');
    for (const domain of [...DOMAINS, '']) for (const end of ['', '/']) setCookie(key, null, domain, path + end);
  });
}

/** Written as ST-7 says; null removes. */
function setCookie(key: string, value: string | null, domain: string, path = '/'): void {
  const ends = value && /\/(\d+)$/.exec(value);
  const ageS = value === null ? 0 : ends ? +ends[1]! - Math.floor(now() / 1000) : /lua/.test(key) ? IDLE_S : YEAR_S;
  document.cookie = `${key}=${value};path=${path};max-age=${ageS};SameSite=Lax${domain && ';domain=' + domain}${key == DISOWNED ? '' : SECURE}`;
}

function takesCookie(domain: string): unknown {
  return tried(() => {
    setCookie(PROBE, '1', domain);
    const [isThere] = cookies(PROBE);
    setCookie(PROBE, null, domain);
    return isThere;
  });
}

/** How far a cookie could reach, the farthest first: the suffixes of the host from two labels on, then the host alone (''). */
function reaches(): string[] {
  return [...(/^[\d.]+$|:/.test(hostname) ? [] : DOMAINS.slice(0, -1).reverse()), ''];
}
