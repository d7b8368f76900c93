/** `fs.js`: takes over the page's `FS`, begins to capture, and does what was asked of it before it was there. */

import { type Config, Machine, perform, type Ports, type Request, type TimerName } from '../../core/src/index';
import { type Api, type Env, makeApi } from './api';
import { type Auto, watch } from './capture';
import { messageOf } from './messages';
import { tell } from './observers';
import { browserStorage } from './storage';
import { type Entry, type FS, makeStub, modernEntry } from './stub';
import { send } from './transport';

type User = Record<string, unknown> | null;
/** The org's settings (WI-9). They say nothing of a person, so the last known ones are kept for the next page load. */
type OrgSettings = Partial<Config> & { auto?: Partial<Auto> };

const SDK = 'browser/0.1.0';
const SETTINGS = 'fs_settings';
const page = window as unknown as Record<string, any>;

boot(document.currentScript as HTMLScriptElement | null);

function boot(script: HTMLScriptElement | null): void {
  const namespace = (script && script.getAttribute('data-fs-namespace')) || page._fs_namespace || 'FS';
  const fs: FS = (page[namespace] = page[namespace] || makeStub());
  if (fs._api) return;
  page._fs_namespace = page._fs_namespace || namespace;
  const queued = Array.from(fs.q || [], (entry) => Array.from(entry) as Entry);
  const env = environment(script && script.src ? new URL(script.src) : null, queued);
  env.namespace = namespace;
  env.snippetVersion = fs._v || '';
  if (env.orgId) return capture(fs, queued, env);
  fs._api = (...[, , , , reject]) => {
    if (reject) reject(new Error('no org configured'));
    return null;
  };
  takeOver(fs, queued);
  console.warn('Passerby: no org configured');
}

function takeOver(fs: FS, queued: Entry[]): void {
  fs.q = null;
  queued.forEach((entry) => fs._api!(...entry));
}

function capture(fs: FS, queued: Entry[], env: Env): void {
  let user: User = null;
  let hasAsked = false;
  const storage = browserStorage(env.cookieDomain);
  const known = parsed(storage.read(SETTINGS)) || {};
  let auto = known.auto || {};
  const ask = (input: string, options: RequestInit): Promise<Response> => ((fs._w && fs._w.fetch) || page.fetch).call(page, input, options);

  const machine: Machine = new Machine({
    ...host(() => machine),
    storage,
    send: (request) =>
      send(ask, `${env.scheme}//${env.recHost}`, request, {
        reply: (status, headers, body) => {
          tell('internal/bundle', () => bundleNews(request, env, body));
          machine.queue.reply(request.id, status, headers, body);
        },
        fail: () => machine.queue.failed(request.id, 0),
      }),
    page: () => ({
      url: location.href,
      title: document.title || undefined,
      referrer: isOurs(document.referrer, storage.domain) ? undefined : document.referrer,
    }),
    notify: (name, args) => {
      if (name == 'start') return begun(args.sessionUrl);
      if (name != 'user') return tell(name, () => args);
      user = (args.user as User) && { properties: {}, ...(args.user as object) };
      tell('internal/user', () => ({ user }));
    },
    note: (code) => {
      const text = api.isLoud() && messageOf(code);
      if (text) console.warn(text);
    },
  });
  const api: Api = makeApi(machine, env, () => user);

  function begun(sessionUrl: unknown): void {
    tell('start', () => api.started(sessionUrl));
    api.answerWaiting();
    if (hasAsked) return;
    hasAsked = true;
    ask(`${env.scheme}//${env.recSettingsHost}/s/settings/${env.orgId}/v1/web`, { credentials: 'omit', referrerPolicy: 'no-referrer' })
      .then((response) => (response.ok ? response.text() : ''))
      .then((text) => {
        const settings = parsed(text);
        if (!settings) return;
        storage.write(SETTINGS, text);
        auto = settings.auto || auto;
        Object.assign(machine.settings, chosen(settings));
        if (settings.capture === false) perform(machine, 'shutdown', undefined);
      })
      .catch(() => undefined);
  }

  machine.start({
    ...chosen(known),
    org: env.orgId,
    app: `${env.scheme}//${env.appHost}`,
    sdk: SDK,
    capture: env.captureOnStartup !== false && known.capture !== false && !endsShut(queued),
  });
  fs._api = api.take;
  api.adopt(fs);
  takeOver(fs, queued);
  watch((type) => auto[type] !== false, {
    navigated: () => machine.navigated(),
    saw: (type, name, properties) => void (machine.capture == 'on' && perform(machine, 'capture', { type, name, properties })),
    activity: () => void perform(machine, 'activity', undefined),
    hide: () => machine.app('hide'),
  });
  if (typeof page._fs_ready == 'function') page._fs_ready();
}

function parsed(text: string | null): OrgSettings | null {
  try {
    return JSON.parse(text || 'null');
  } catch (_) {
    return null;
  }
}

/** Those of an org's settings that the core knows. */
function chosen({ idle_ms, age_ms, split_on_identify }: OrgSettings): Partial<Config> {
  return JSON.parse(JSON.stringify({ idle_ms, age_ms, split_on_identify }));
}

/** What the page's globals and the `init` calls say, later ones winning, with what follows from it. */
function environment(src: URL | null, queued: Entry[]): Env {
  const env: Env = {};
  for (const name of ['org', 'app_host', 'host', 'script', 'capture_on_startup', 'cookie_domain']) {
    const value = page['_fs_' + name];
    if (value !== undefined) env[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())] = value;
  }
  for (const [op, options] of queued) if (op == 'init' && options) Object.assign(env, options.env);
  const from = src || new URL('https://' + (env.script || 'localhost'));
  const asked = { orgId: env.orgId || from.searchParams.get('org') || env.org, scheme: from.protocol };
  return { ...asked, recHost: from.host, recSettingsHost: from.host, appHost: from.host, ...env, orgId: asked.orgId };
}

/** Whether the calls made so far leave capture shut down: then nothing is captured at all until a restart (contract 1.9). */
function endsShut(queued: Entry[]): boolean {
  return queued.map((entry) => modernEntry(entry)[0]).filter((op) => /^(shutdown|restart)$/.test(op)).pop() == 'shutdown';
}

/** The ports that are the same on every page: clock, chance and timers. */
function host(machine: () => Machine): Pick<Ports, 'wallMs' | 'mint' | 'random' | 'changed' | 'setTimer' | 'clearTimer'> {
  const timers: Partial<Record<TimerName, [number, ReturnType<typeof setTimeout>]>> = {};
  const clearTimer = (name: TimerName): void => {
    const timer = timers[name];
    if (timer) clearTimeout(timer[1]);
    delete timers[name];
  };
  return {
    wallMs: () => Date.now(),
    mint: uuid,
    random: Math.random,
    changed: () => undefined,
    setTimer: (name, atMs) => {
      const known = timers[name];
      if (known && known[0] == atMs) return;
      clearTimer(name);
      const ring = (): void => {
        delete timers[name];
        machine().timer(name);
      };
      timers[name] = [atMs, setTimeout(ring, Math.max(0, atMs - Date.now()))];
    },
    clearTimer,
  };
}

/** Whether a referrer says nothing, or only which page of ours a person left before (PV-1). */
function isOurs(referrer: string, domain: string): boolean {
  return !referrer || ('.' + new URL(referrer).hostname).endsWith('.' + (domain || location.hostname));
}

/** What observers of `internal/bundle` are told of an answered request. */
function bundleNews({ id, body }: Request, env: Env, response: unknown): object {
  const { org, device, session, page: pageId, started, sent } = JSON.parse(body);
  return {
    orgId: org, userId: device, sessionId: session, pageId, recHost: env.recHost, response,
    clientTime: sent, pageStart: started, seq: +id.slice(1), size: body.length,
  };
}

/** 128 random bits as a version 4 UUID; works on plain http too, where `randomUUID` does not. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
