/**
 * Where the browser keeps things (ST-1): the identity record and its companions in cookies where cookies work, else in
 * local storage, else in memory; unsent operations in local storage, else in memory. Nothing moves from one home to another.
 */

import type { Storage } from '../../core/src/index';

const PROBE = 'fs_probe';
const COOKIES = /^fs_(uid|lua|cid)$/;
const IDLE_S = 1800;
const YEAR_S = 31_536_000;

/** `cookieDomain` is how far cookies reach; the registrable domain when undefined. `domain` is how far they do. */
export function browserStorage(cookieDomain: string | undefined): Storage & { domain: string } {
  const local = localHome() || memoryHome();
  const cookies = cookieHome(cookieDomain);
  const home = (key: string): Storage => (cookies && COOKIES.test(key) ? cookies.home : local);
  return {
    read: (key) => home(key).read(key),
    write: (key, value) => home(key).write(key, value),
    remove: (key) => home(key).remove(key),
    keys: (prefix) => local.keys(prefix),
    domain: cookies ? cookies.domain : '',
  };
}

function memoryHome(): Storage {
  const values: Record<string, string> = Object.create(null);
  return {
    read: (key) => (key in values ? values[key]! : null),
    write: (key, value) => {
      values[key] = value;
      return true;
    },
    remove: (key) => delete values[key],
    keys: (prefix) => Object.keys(values).filter((key) => key.startsWith(prefix)),
  };
}

function tried<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (_) {
    return otherwise;
  }
}

/** Whether `work` went through. */
function done(work: () => void): boolean {
  return tried(() => (work(), true), false);
}

function localHome(): Storage | null {
  return tried(() => {
    const store = localStorage;
    store.setItem(PROBE, '1');
    store.removeItem(PROBE);
    return {
      read: (key: string) => tried(() => store.getItem(key), null),
      write: (key: string, value: string) => done(() => store.setItem(key, value)),
      remove: (key: string) => done(() => store.removeItem(key)),
      keys: (prefix: string) => tried(() => Object.keys(store).filter((key) => key.startsWith(prefix)), []),
    };
  }, null);
}

function cookieHome(wanted: string | undefined): { home: Storage; domain: string } | null {
  const secure = location.protocol == 'https:' ? ';Secure' : '';
  const put = (key: string, value: string, domain: string, maxAgeS: number): void => {
    document.cookie = `${key}=${value};path=/;max-age=${maxAgeS};SameSite=Lax${domain && ';domain=' + domain}${secure}`;
  };
  const read = (key: string): string | null => {
    const text = '; ' + document.cookie;
    const at = text.indexOf(`; ${key}=`);
    return at < 0 ? null : text.slice(at + key.length + 3).split(';', 1)[0]!;
  };
  const reaches = (domain: string): boolean => {
    put(PROBE, '1', domain, 9);
    const isThere = read(PROBE) == '1';
    if (isThere) put(PROBE, '', domain, 0);
    return isThere;
  };
  return tried(() => {
    const domain = wanted == null ? registrableDomain(location.hostname, reaches) : wanted.replace(/^\./, '');
    if (!reaches(domain)) return null;
    let isTrusted = false;
    const home: Storage = {
      read: (key) => tried(() => read(key), null),
      // Reading right after writing is a round trip to another process, so only the first record is looked for.
      write: (key, value) =>
        tried(() => {
          put(key, value, domain, ageOf(key, value));
          if (key != 'fs_uid') return true;
          isTrusted = isTrusted || read(key) == value;
          return isTrusted;
        }, false),
      remove: (key) => done(() => put(key, '', domain, 0)),
      keys: () => [],
    };
    return { home, domain };
  }, null);
}

/** How long a cookie lives, in s (ST-7). */
function ageOf(key: string, value: string): number {
  if (key == 'fs_lua') return IDLE_S;
  return key == 'fs_uid' ? +value.slice(value.lastIndexOf('/') + 1) - Math.floor(Date.now() / 1000) : YEAR_S;
}

/** The shortest suffix of `host` that takes a cookie; '' for a host that stands alone. */
function registrableDomain(host: string, reaches: (domain: string) => boolean): string {
  const labels = host.split('.');
  if (/^[\d.]+$|:/.test(host)) return '';
  for (let from = labels.length - 2; from >= 0; from--) {
    const domain = labels.slice(from).join('.');
    if (reaches(domain)) return domain;
  }
  return '';
}
