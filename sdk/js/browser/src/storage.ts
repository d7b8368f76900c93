/**
 * Where the browser keeps things (ST-1): the identity record and its companions in cookies where cookies work, else in
 * local storage, else in memory; unsent operations in local storage, else in memory. Nothing moves from one home to another.
 */

import type { Storage } from '../../core/src/index';
import { soon, tried } from './tried';

const PROBE = 'fs_probe';
const COOKIES = /^fs_(uid|lua|cid)$/;
const IDLE_S = 1800;
const YEAR_S = 31_536_000;
const SECURE = location.protocol == 'https:' ? ';Secure' : '';

/** `cookieDomain` is how far cookies reach; the registrable domain when undefined. `domain` is how far they do. */
export function browserStorage(cookieDomain: string | undefined): Storage & { domain(): string } {
  // One that is full is still the home of what it holds: that must not come back when there is room again.
  const store: Record<string, any> = tried(() => localStorage, null) || Object.create(null);
  let domain: string | null | undefined;
  let isTrusted = false;
  let timer: ReturnType<typeof setTimeout> | 0 = 0;

  /** Whether a key's home is a cookie. That shows only by setting one, so it is asked when first needed (SE-4). */
  const isCookie = (key: string): boolean => {
    if (!COOKIES.test(key)) return false;
    if (domain === undefined) {
      const wanted = cookieDomain == null ? reaches() : [cookieDomain.replace(/^\./, '')];
      domain = wanted.find(takesCookie) ?? null;
    }
    return domain !== null;
  };

  /** Makes that round trip when the task is over, so that the next call does not wait for it. */
  const warm = (): void => {
    timer = timer || setTimeout(() => (timer = 0) || document.cookie);
  };

  /** Sets a value, or removes it (null), in its home. */
  const put = (key: string, value: string | null): boolean =>
    tried(() => {
      if (!isCookie(key)) {
        if (value === null) delete store[key];
        else if (store.setItem) store.setItem(key, value);
        else store[key] = value;
        return true;
      }
      setCookie(key, value, domain!);
      soon(warm);
      // Reading right after writing is a round trip to another process, so only the first record is looked for.
      if (key != 'fs_uid' || value === null) return true;
      isTrusted = isTrusted || cookies(key).join() == value;
      return isTrusted;
    }, false);

  /** As `put`; what only says when the user was here last is put when the calls under way are over (ST-4). */
  const write = (key: string, value: string | null): boolean => key != 'fs_lua' ? put(key, value) : !!soon(() => put(key, value));

  const read = (key: string): string | null => {
    if (!isCookie(key)) return key in store ? store[key] : null;
    const found = cookies(key);
    if (found.length == 1) return found[0]!;
    isTrusted = false;
    if (found[0] && key == 'fs_uid') removeEverywhere(key);
    return null;
  };

  return {
    read: (key) => tried(() => read(key), null),
    write,
    remove: (key) => write(key, null),
    keys: (prefix) => tried(() => Object.keys(store).filter((key) => key.startsWith(prefix)), []),
    domain: () => (isCookie('fs_uid') ? domain! : ''),
  };
}

/** The values of every cookie of that name; more than one if there are several scopes. */
function cookies(key: string): string[] {
  const [, ...found] = ('; ' + document.cookie).split(`; ${key}=`);
  return found.map((text) => text.split(';')[0]!);
}

/** Removes a cookie from every domain and path that this page could see it from. */
function removeEverywhere(key: string): void {
  const labels = location.hostname.split('.');
  const steps = location.pathname.split('/');
  labels.concat('').forEach((_, at) =>
    steps.forEach((_, to) => {
      const path = steps.slice(0, to + 1).join('/');
      for (const one of [path, path + '/']) document.cookie = `${key}=;max-age=0;path=${one};domain=${labels.slice(at).join('.')}`;
    }),
  );
}

/** Written as ST-7 says; null removes. */
function setCookie(key: string, value: string | null, domain: string): void {
  const ends = value && /\/(\d+)$/.exec(value);
  const ageS = value === null ? 0 : ends ? +ends[1]! - Math.floor(Date.now() / 1000) : key == 'fs_lua' ? IDLE_S : YEAR_S;
  document.cookie = `${key}=${value};path=/;max-age=${ageS};SameSite=Lax${domain && ';domain=' + domain}${SECURE}`;
}

function takesCookie(domain: string): boolean {
  return tried(() => {
    setCookie(PROBE, '1', domain);
    const isThere = cookies(PROBE)[0] == '1';
    if (isThere) setCookie(PROBE, null, domain);
    return isThere;
  }, false);
}

/** How far a cookie could reach, the farthest first: the suffixes of the host from two labels on, then the host alone (''). */
function reaches(): string[] {
  const { hostname } = location;
  const labels = /^[\d.]+$|:/.test(hostname) ? [] : hostname.split('.');
  return [...labels.slice(1).map((_, at) => labels.slice(-2 - at).join('.')), ''];
}
