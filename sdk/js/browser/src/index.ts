/** `fs.js`: takes over the page's `FS`, begins to capture, and does what was asked of it before it was there. */

import { type Config, jsonText, type Machine, makeMachine, type TimerName } from '../../core/src/index';
import { type Env, type Face, makeApi, started } from './api';
import { type Auto, type Block, watch } from './capture';
import { warn } from './messages';
import { tell } from './observers';
import { browserStorage } from './storage';
import { type Entry, type FS, makeStub, modernEntry } from './stub';
import { type Ask, QUIETLY, send } from './transport';
import { now, parsed, soon, tried } from './tried';

/** The org's settings (WI-9). They say nothing of a person, so the last known ones are kept for the next page load. */
type OrgSettings = Partial<Config> & { auto?: Partial<Auto>; blocks?: Block[] };

const SDK = 'browser/0.1.0';
const SETTINGS = 'fs_settings';
const page = window as unknown as Record<string, any>;

const HELD_MS_MAX = 5000;
/** The service that this file was had from, as it wrote itself here; a copy of the file can be anywhere (WI-10). */
const SERVED_FROM = '__PASSERBY_HOST__';

/** The address of this file, where a module or `import()` leaves no element to ask; a stack has it. */
const address = /https?:[^\s()]+?\/fs\.js(\?[^\s():]*)?/.exec(Error().stack || '')?.[0];
const script =
  (document.currentScript as HTMLScriptElement | null) ||
  document.querySelector<HTMLScriptElement>(`script[src="${address}"]`);
/** What its element says in `data-…`. */
const said: DOMStringMap = script?.dataset || {};

boot();

function boot(): void {
  const namespace = said.fsNamespace || page._fs_namespace || 'FS';
  const fs: FS = (page[namespace] = page[namespace] || makeStub());
  if (fs._api) return;
  // A page that is only prepared has nobody in front of it.
  if ((document as any).prerendering) return document.addEventListener('prerenderingchange', boot);
  page._fs_namespace = page._fs_namespace || namespace;
  const queued = [...(fs.q || [])];
  const env = environment(script?.src || address, queued);
  env.namespace = namespace;
  env.snippetVersion = fs._v || '';
  let why = 'no org configured';
  fs._api = (...[, , , , reject]) => {
    reject?.(Error(why));
    return null;
  };
  // What runs on the page already, by org: under a second name it is the same.
  const running: Record<string, Partial<FS>> = (page._fs_running = page._fs_running || {});
  try {
    if (!env.orgId) throw why;
    Object.assign(fs, (running[env.orgId] = running[env.orgId] || capture(fs, queued, env)));
  } catch (error) {
    why = String(error);
    warn(why);
  }
  // A stub of the page's own may know no `_api`, and go on filling its queue.
  fs.q = fs._v ? null : ({ push: (entry: Entry) => fs._api!(...entry) } as any);
  queued.forEach((entry) => fs._api!(...entry));
  page._fs_ready?.();
}

/** Begins one org's capture on this page; gives what makes a function on the page speak to it. */
function capture(fs: FS, queued: Entry[], env: Env): Partial<FS> {
  const face: Face = { env, user: null, isLoud: true };
  const { orgId } = env;
  const storage = browserStorage(orgId, env.cookieDomain);
  const kept: OrgSettings | null = parsed(storage.read(SETTINGS));
  const known = kept?.org == orgId ? kept! : {};
  /** Whom the page says it was made for: '' for nobody, undefined where it does not say. */
  let madeFor = said.user;
  const isFollowed = madeFor == null && (page._fs_follow || script?.hasAttribute('data-follow'));
  let { auto = {}, blocks } = known;
  let hasAsked = false;
  const ask: Ask = async (url, options) => (fs._w?.fetch || page.fetch).call(page, url, options);

  const timers: Partial<Record<TimerName, ReturnType<typeof setTimeout>>> = {};
  const clearTimer = (name: TimerName): void => clearTimeout(timers[name]);
  const guard = (ms: number): unknown => setTimeout(() => (machine.app('look'), draw(), ms < 300 && guard(ms * 4)), ms);
  // Ids are drawn before they are needed, so that no logout waits for chance.
  let ids: string[] = [];
  const draw = (): void => void (ids = [uuid(), uuid(), uuid(), uuid()]);

  const ready = (): void => machine.app('ready');

  const machine: Machine = makeMachine({
    storage,
    wallMs: now,
    mint: (kind) => (ids.pop() || uuid()).replace(kind == 'key' ? /-/g : '', ''),
    random: Math.random,
    clearTimer,
    setTimer: (name, atMs) => {
      clearTimer(name);
      timers[name] = setTimeout(() => machine.timer(name), atMs - now());
    },
    // A tab that was about to write when this one left the device may bring it back just now.
    changed: (from, to) => {
      if (from.device) from.device != to.device && soon(() => guard(20));
      else if (isFollowed) setTimeout(ready, HELD_MS_MAX);
      else if (isRead()) soon(ready);
    },
    send: (request) =>
      send(ask, `${env.scheme}//${env.recHost}`, request, (status, retryAfter, body) => {
        const { bundle } = request;
        tell('internal/bundle', () => ({
          orgId,
          userId: bundle.device,
          sessionId: bundle.session,
          pageId: bundle.page,
          recHost: env.recHost,
          response: body,
          clientTime: bundle.sent,
          seq: +request.id.slice(1),
          size: jsonText(bundle).length,
        }));
        machine.reply(request.id, status, retryAfter, body);
      }),
    page: () => ({ url: location.href, title: tried(() => document.title) || undefined, referrer: referrer(storage.domain()) }),
    notify: (name, args) => {
      if (name == 'start') begun();
      if (name != 'user') return tell(name, () => (name == 'start' ? started(machine, face, args.sessionUrl) : args));
      const { user } = args as { user: object | null };
      face.user = user && { properties: {}, ...user };
      tell('internal/user', () => ({ user: face.user }));
    },
    note: (code) => face.isLoud && warn(code),
  });

  function begun(): void {
    const uid = madeFor;
    madeFor = undefined;
    // A name that is none was printed where nobody was; and of whom the app spoke before capture, nobody is left.
    if (uid != null && (machine.hasSpoken || !uid || machine.call('setIdentity', { uid, signature: said.signature || undefined }).error)) machine.call('setIdentity', { anonymous: true });
    askSettings();
  }

  /** Once a page load; where the org had capture off, that is asked before capture begins. */
  async function askSettings(): Promise<void> {
    if (hasAsked) return;
    hasAsked = true;
    try {
      const response = await ask(`${env.scheme}//${env.recSettingsHost}/s/settings/${orgId}/v1/web`, QUIETLY);
      const text = await response.text();
      const settings: OrgSettings = parsed(text);
      if (settings?.org != orgId) return;
      storage.write(SETTINGS, text);
      auto = settings.auto || auto;
      blocks = settings.blocks || [];
      Object.assign(machine.settings, settings);
      if (settings.capture === false) machine.call('shutdown');
      else if (machine.state().capture == 'off') machine.call('start');
    } catch (_) {
      return;
    }
  }

  const isWanted = env.captureOnStartup !== false && !endsShut(queued);
  machine.start({
    ...known,
    org: orgId,
    app: `${env.scheme}//${env.appHost}`,
    sdk: SDK,
    capture: isWanted && known.capture !== false,
    hold: isFollowed ? 'auth' : 'page',
  });
  draw();
  if (isWanted) askSettings();
  watch(machine, (type) => auto[type] !== false, () => blocks, () => isFollowed || ready());
  return makeApi(machine, face);
}

/** What the page's globals and the `init` calls say, later ones winning, with what follows from it. */
function environment(src: string | undefined, queued: Entry[]): Env {
  const env: Env = {
    org: page._fs_org,
    appHost: page._fs_app_host,
    host: page._fs_host,
    script: page._fs_script,
    captureOnStartup: page._fs_capture_on_startup,
    cookieDomain: page._fs_cookie_domain,
  };
  for (const [op, options] of queued) if (op == 'init' && options) Object.assign(env, options.env);
  const { host: from, protocol, pathname, searchParams } = new URL(src || 'https://' + (env.script || 'localhost'));
  // A copy is not where the service is: that, the page says, or the copy itself.
  const isCopy = !pathname.endsWith('/s/fs.js');
  const host = (isCopy && (env.host || SERVED_FROM.replace(/^__.*/, ''))) || from;
  const orgId = env.orgId || searchParams.get('org') || env.org;
  return { scheme: src && !isCopy ? protocol : location.protocol, recHost: host, recSettingsHost: host, ...env, appHost: env.appHost || host, orgId };
}

/** Whether the page's own scripts that come with it have run; those that are deferred run before this is so. */
function isRead(): boolean {
  return performance.timing.domContentLoadedEventEnd > 0;
}

/** Whether the calls made so far leave capture shut down: then nothing is captured at all until a restart (contract 1.9). */
function endsShut(queued: Entry[]): boolean {
  return queued.map((entry) => modernEntry(entry)[0]).filter((op) => /^(shutdown|restart)$/.test(op)).pop() == 'shutdown';
}

/** Where a person came from; not which page of ours they left before (PV-1). */
function referrer(domain: string): string | undefined {
  const found = document.referrer;
  return found && !('.' + new URL(found).hostname).endsWith('.' + (domain || location.hostname)) ? found : undefined;
}

/** 128 random bits as a version 4 UUID; works on plain http too, where `randomUUID` does not. */
function uuid(): string {
  const digit = (place: string): string => (+place ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (+place / 4)))).toString(16);
  return '00000000-0000-4000-8000-000000000000'.replace(/[08]/g, digit);
}
