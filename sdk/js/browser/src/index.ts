/** `fs.js`: takes over the page's `FS`, begins to capture, and does what was asked of it before it was there. */

import { type Config, Machine, perform, type Ports, type Request, type TimerName } from '../../core/src/index';
import { Api, type Env } from './api';
import { type Auto, watch } from './capture';
import { messageOf } from './messages';
import { Observers } from './observers';
import { fetchSettings, knownSettings, type OrgSettings } from './settings';
import { browserStorage } from './storage';
import { type Entry, findSite, type FS, makeStub, modernEntry, type PageWindow } from './stub';
import { send } from './transport';

const SDK = 'browser/0.1.0';
const GLOBALS: Record<string, string> = {
  _fs_app_host: 'appHost',
  _fs_capture_on_startup: 'captureOnStartup',
  _fs_cookie_domain: 'cookieDomain',
  _fs_host: 'host',
  _fs_script: 'script',
};

boot(window as PageWindow);

function boot(win: PageWindow): void {
  const site = findSite(win);
  const present = win[site.namespace] as FS | undefined;
  if (present && present._api) return;
  const fs = (win[site.namespace] = present || makeStub(win));
  if (win._fs_namespace == null) win._fs_namespace = site.namespace;

  const queued: Entry[] = Array.from(fs.q || [], (entry) => Array.from(entry as ArrayLike<unknown>) as Entry);
  const env = environment(win, site.origin, site.org, queued);
  if (!env.orgId) return refuseAll(fs, queued, 'no org configured');

  const observers = new Observers();
  const known = knownSettings(win);
  let auto: Auto = { navigate: true, click: true, change: true, exception: true, visibility: true, ...known.auto };
  const machine: Machine = new Machine(ports(win, fs, env, { observers, machine: () => machine, api: () => api, began }));
  const api: Api = new Api(machine, observers, env);
  let hasSettings = false;

  /** Capture began, at the start or again. */
  function began(sessionUrl: unknown): void {
    observers.tell('start', api.started(sessionUrl));
    observers.tell('session', { url: sessionUrl });
    api.answerWaiting();
    if (hasSettings) return;
    hasSettings = true;
    const url = `${env.scheme}//${env.recSettingsHost}/s/settings/${env.orgId}/v1/web`;
    fetchSettings(win, fetcher(win, fs), url, (settings) => {
      auto = { ...auto, ...settings.auto };
      Object.assign(machine.settings, chosen(settings));
      if (settings.capture === false) perform(machine, 'shutdown', undefined);
    });
  }

  machine.start({
    ...chosen(known),
    org: env.orgId,
    app: `${env.scheme}//${env.appHost}`,
    sdk: SDK,
    capture: env.captureOnStartup !== false && known.capture !== false && !endsShut(queued),
  });
  fs._api = api.take;
  fs.q = null;
  api.adopt(fs);
  queued.forEach((entry) => api.take(...entry));
  watch(win, () => auto, {
    navigated: () => machine.navigated(),
    saw: (type, name, properties) => void perform(machine, 'capture', { type, name, properties }),
    activity: () => void perform(machine, 'activity', undefined),
    hide: () => machine.hide(),
  });
  if (typeof win._fs_ready == 'function') win._fs_ready();
}

/** Those of an org's settings that the core knows. */
function chosen({ idle_ms, age_ms, split_on_identify }: OrgSettings): Partial<Config> {
  return JSON.parse(JSON.stringify({ idle_ms, age_ms, split_on_identify }));
}

/** What the page's globals and the `init` calls say, later ones winning, with what follows from it. */
function environment(win: PageWindow, origin: string, org: string, queued: Entry[]): Env {
  const env: Env = {};
  for (const name of Object.keys(GLOBALS)) if (win[name] !== undefined) env[GLOBALS[name]!] = win[name];
  for (const [op, options] of queued) if (op == 'init' && options) Object.assign(env, options.env);
  const from = new URL(origin || 'https://' + (env.script || 'localhost'));
  env.orgId = env.orgId || org;
  env.scheme = env.scheme || from.protocol;
  env.recHost = env.recHost || from.host;
  env.recSettingsHost = env.recSettingsHost || from.host;
  env.appHost = env.appHost || from.host;
  return env;
}

/** Whether the calls made so far leave capture shut down: then nothing is captured at all until a restart (contract 1.9). */
function endsShut(queued: Entry[]): boolean {
  return queued.map((entry) => modernEntry(entry)[0]).filter((op) => /^(shutdown|restart)$/.test(op)).pop() == 'shutdown';
}

function refuseAll(fs: FS, queued: Entry[], why: string): void {
  const refuse = (...[, , , , reject]: Entry): null => {
    if (reject) reject(new Error(why));
    return null;
  };
  fs._api = refuse;
  fs.q = null;
  queued.forEach((entry) => refuse(...entry));
  console.warn(`Passerby: ${why}`);
}

interface Parts {
  observers: Observers;
  machine(): Machine;
  api(): Api;
  began(sessionUrl: unknown): void;
}

function ports(win: PageWindow, fs: FS, env: Env, { observers, machine, api, began }: Parts): Ports {
  const timers: Partial<Record<TimerName, [number, ReturnType<typeof setTimeout>]>> = {};
  const { storage, domain } = browserStorage(win, env.cookieDomain);
  const clearTimer = (name: TimerName): void => {
    const timer = timers[name];
    if (timer) clearTimeout(timer[1]);
    delete timers[name];
  };
  return {
    wallMs: () => Date.now(),
    mint: () => uuid(win),
    storage,
    send: (request) =>
      send(fetcher(win, fs), `${env.scheme}//${env.recHost}`, request, {
        reply: (answered, status, headers, body) => {
          if (observers.has('internal/bundle')) observers.tell('internal/bundle', bundleNews(answered, env, body));
          machine().queue.reply(answered.id, status, headers, body);
        },
        fail: ({ id }) => machine().queue.failed(id, 0),
      }),
    setTimer: (name, atMs) => {
      const known = timers[name];
      if (known && known[0] == atMs) return;
      clearTimer(name);
      const timer = setTimeout(() => {
        delete timers[name];
        machine().timer(name);
      }, Math.max(0, atMs - Date.now()));
      timers[name] = [atMs, timer];
    },
    clearTimer,
    page: () => ({
      url: win.location.href,
      title: win.document.title || undefined,
      referrer: isOurs(win.document.referrer, domain || win.location.hostname) ? undefined : win.document.referrer,
    }),
    random: Math.random,
    changed: () => undefined,
    notify: (name, args) => {
      if (name == 'start') began(args.sessionUrl);
      else if (name == 'user') {
        const user = (api().user = args.user as Record<string, unknown> | null);
        observers.tell('internal/user', { user: user && { properties: {}, ...user } });
      } else observers.tell(name, args);
    },
    note: (code) => {
      const text = messageOf(code);
      if (text && api().isLoud) console.warn('Passerby: ' + text);
    },
  };
}

/** Whether a referrer says nothing (contract: none), or only which page of ours a person left before (PV-1). */
function isOurs(referrer: string, domain: string): boolean {
  return !referrer || ('.' + new URL(referrer).hostname).endsWith('.' + domain);
}

/** What observers of `internal/bundle` are told of an answered request. */
function bundleNews({ id, body }: Request, env: Env, response: unknown): object {
  const { device, session, page, started, sent } = JSON.parse(body);
  return {
    orgId: env.orgId, userId: device, sessionId: session, pageId: page, recHost: env.recHost, response,
    clientTime: sent, pageStart: started, seq: +id.slice(1), size: body.length,
  };
}

/** The page's own `fetch`, as it was before anyone wrapped it. */
function fetcher(win: PageWindow, fs: FS): typeof fetch {
  const original = (fs._w && fs._w.fetch) || win.fetch;
  return (input, options) => original.call(win, input, options);
}

/** 128 random bits as a version 4 UUID; works on plain http too, where `randomUUID` does not. */
function uuid(win: PageWindow): string {
  const bytes = win.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
