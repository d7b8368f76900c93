/**
 * The identity record as flows see it from outside (ST-1, ST-7, ST-9): which device stands in it, and how to be rid of
 * it where there is no `fs.js` to do so.
 */

/** Where a record may be. `org` is '' when it is not known; `keep` reads and writes local storage. */
export interface Home {
  win: Window & typeof globalThis;
  org: string;
  keep(key: string, value?: string): string;
}

/** What a record shows of the identity. */
export interface Shown {
  device: string;
  isBound: boolean;
}

const RECORD = 'fs_uid';
const BOUND = /#(?:[0-9a-f]{8}){1,2}#\/\d{1,12}$/;

/** Device and binding of the record that is in use: `''` and false when there is none. */
export function recordIn(home: Home): Shown {
  const texts = [...cookies(home), ...locals(home)];
  const text = texts.length ? texts[0]![1] : '';
  return { device: text.slice(0, text.indexOf(':') + 1), isBound: BOUND.test(text) };
}

/** Removes our record, and when its user was here last, from every home that this page can see. */
export function emptyHomes(home: Home): void {
  for (const [name] of cookies(home)) {
    removeCookie(home, name);
    removeCookie(home, name.replace(RECORD, 'fs_lua'));
  }
  for (const [name] of locals(home)) {
    home.keep(name, '');
    home.keep(name.replace(RECORD, 'fs_lua'), '');
  }
}

/** Two orgs on one domain keep their own records: one of them under a name of its own. */
function names({ org }: Home): string[] {
  return org ? [`${RECORD}_${org}`, RECORD] : [RECORD];
}

function isOurs({ org }: Home, text: string): boolean {
  return !!text && (!org || text[0] != '#' || text.startsWith(`#${org}#`));
}

function cookies(home: Home): [name: string, text: string][] {
  let all: string[][] = [];
  try {
    all = home.win.document.cookie.split('; ').map((pair) => pair.split(/=(.*)/));
  } catch (_) {
    // A frame that may have no cookies.
  }
  return names(home).flatMap((name) => all.filter(([key, text]) => key == name && isOurs(home, text!)).map(([, text]): [string, string] => [name, text!]));
}

function locals(home: Home): [name: string, text: string][] {
  return names(home).map((name): [string, string] => [name, home.keep(name)]).filter(([, text]) => isOurs(home, text));
}

/** Removes a cookie from every domain and path that it could be seen from. */
function removeCookie({ win }: Home, name: string): void {
  const labels = hostname(win).split('.');
  const steps = (win.location.pathname || '').split('/');
  const paths = steps.map((_, to) => steps.slice(0, to + 1).join('/')).flatMap((path) => [path, path + '/']);
  for (const domain of ['', ...labels.map((_, at) => ';domain=' + labels.slice(at).join('.'))]) {
    for (const path of new Set(['/', ...paths])) {
      if (path) win.document.cookie = `${name}=;max-age=0;path=${path}${domain}`;
    }
  }
}

/** A frame without an address of its own (about:blank, srcdoc) has its origin from who made it. */
function hostname(win: Window & typeof globalThis): string {
  try {
    return new URL(win.origin).hostname;
  } catch (_) {
    return win.location.hostname;
  }
}
