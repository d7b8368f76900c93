/** What compiles is right, and what is wrong does not: read by `tsc` alone (`npm run typecheck`). */

import type { ErrorCode as CoreCode } from '../../core/src/codes';
import type { ErrorCode } from '../src/index';
import '../src/global';

declare const user: { id?: string } | null;
declare const id: string;
declare const maybe: boolean;

// Signing out, every right way.
FS('setIdentity', { anonymous: true });
FS('setIdentity', { anonymous: true, force: true });
FS('setIdentity', { anonymous: true, consent: false });
FS('setIdentity', { anonymous: true }, 'my-plugin');
FS('setIdentity', { uid: false });
FS('setIdentity', false);
FS.anonymize();
FS.identify(false);
const gone: Promise<void> = FS('setIdentityAsync', { anonymous: true });
void gone.then(() => FS('setIdentityAsync', { anonymous: true, ack: true }));

// For one page alone.
FS('setIdentity', { uid: 'x', scope: 'page' });
FS('setIdentity', { anonymous: true, scope: 'page' });
// @ts-expect-error there is no other scope
FS('setIdentity', { uid: 'x', scope: 'tab' });
// @ts-expect-error a consent is the browser's
FS('setIdentity', { consent: true, scope: 'page' });

// What went wrong is one of the core's codes, and the other way round.
const told: ErrorCode = 'not_released' as CoreCode;
const known: CoreCode = 'invalid_scope' as ErrorCode;
void [told, known];

// Names that a bug printed.
// @ts-expect-error of a template
FS('setIdentity', { uid: '{{user.id}}' });
// @ts-expect-error in any case
FS('setIdentity', { uid: 'None' });
FS('setIdentity', { uid: 'nullable-4' });

// Signing out, the mistakes.
// @ts-expect-error null is nobody's id, and signs nobody out
FS('setIdentity', { uid: null });
// @ts-expect-error as little as
FS('setIdentity', { uid: undefined });
// @ts-expect-error or this
FS('setIdentity', { uid: '' });
// @ts-expect-error the word is not the value
FS('setIdentity', { anonymous: 'true' });
// @ts-expect-error nor is the number
FS('setIdentity', { anonymous: 1 });
// @ts-expect-error false says nothing of who is there instead
FS('setIdentity', { anonymous: false });
// @ts-expect-error it may be false
FS('setIdentity', { anonymous: maybe });
// @ts-expect-error asks for nothing
FS('setIdentity', {});
// @ts-expect-error asks for nothing
FS('setIdentity');
// @ts-expect-error nobody, or x?
FS('setIdentity', { uid: 'x', anonymous: true });
// @ts-expect-error it may be true, and then there are two answers
FS('setIdentity', { uid: 'x', anonymous: maybe });
FS('setIdentity', { uid: 'x', anonymous: false });
// @ts-expect-error null signs nobody out, so it has no place here
FS('setIdentity', { uid: null, anonymous: true });
// @ts-expect-error force belongs to anonymous
FS('setIdentity', { uid: 'x', force: true });
// @ts-expect-error null is no id
FS('setIdentity', null);
// @ts-expect-error true is no id
FS('setIdentity', true);
// @ts-expect-error true is no id
FS('setIdentity', { uid: true });
// @ts-expect-error the same in the Async form
void FS('setIdentityAsync', { uid: null });
// @ts-expect-error the same in the Async form
void FS('setIdentityAsync', { anonymous: false });
// @ts-expect-error the same in the Async form
void FS('setIdentityAsync', {});
// @ts-expect-error a misspelling
FS('setIdentity', { anonymus: true });
// @ts-expect-error there is no such operation
FS('anonymize');
// @ts-expect-error nor this one
FS('logout', {});
// @ts-expect-error nor a uid among the first version's, if it is null
FS.identify(null);
// @ts-expect-error or nothing
FS.identify();
// @ts-expect-error true is not false
FS.identify(true);

// Signing in.
FS('setIdentity', { uid: id });
FS('setIdentity', { uid: 'ana' });
FS('setIdentity', { uid: 42 });
FS('setIdentity', id);
FS('setIdentity', { uid: id, properties: { displayName: 'Ana', email: 'ana@shop.example', seats: 3, paid: true, tags: ['a'] } });
FS('setIdentity', { uid: id, properties: { since: '2025-01-01' }, schema: { properties: { since: 'date' } }, consent: true });
FS('setIdentity', { uid: id, signature: 'v1.1790000000.c2lnbmVk' });
// @ts-expect-error a signature is a text
FS('setIdentity', { uid: id, signature: 42 });
// @ts-expect-error nobody is there whose uid it could prove
FS('setIdentity', { anonymous: true, signature: 'v1.1790000000.c2lnbmVk' });
FS('setIdentity', { consent: true });
void FS('setIdentityAsync', { uid: id, ack: true });
FS.identify(id);
FS.identify(id, { displayName: 'Ana' });
// @ts-expect-error the text of a bug
FS('setIdentity', { uid: 'undefined' });
// @ts-expect-error the text of a bug
FS('setIdentity', { uid: 'null' });
// @ts-expect-error there may be no user
FS('setIdentity', { uid: user?.id });
// @ts-expect-error an object is no uid
FS('setIdentity', { uid: { id } });
// @ts-expect-error a function was not called
FS('setIdentity', { uid: () => id });
// @ts-expect-error a list has no names
FS('setIdentity', { uid: id, properties: ['pro'] });
// @ts-expect-error a function was not called
FS('setIdentity', { uid: id, properties: () => ({ plan: 'pro' }) });
// @ts-expect-error true are no properties
FS.setUserVars(true);
// @ts-expect-error there is nothing to set
FS('setProperties', { type: 'user', properties: null });

// Everything else.
FS('trackEvent', { name: 'Bought', properties: { price: 3.5 }, schema: { price: 'real' } });
FS('trackEvent', { name: 'Bought' });
void FS('trackEventAsync', { name: 'Bought', properties: {} }).then(() => undefined);
FS('setProperties', { type: 'user', properties: { plan: 'pro' } });
FS('setProperties', { type: 'page', properties: { pageName: 'Basket' } }, 'dlo');
FS('setPage', { pageName: 'Basket' });
const url: string | null = FS('getSession');
const now: string | null = FS('getSession', { format: 'url.now' });
const sessionId: string | undefined = FS('getSession', { format: 'all' })?.sessionId;
void FS('getSessionAsync', { format: 'id' }).then((found: string) => found);
void FS('getSessionAsync').then((found: string) => found);
const uid: string | undefined = FS('getConfig')?.user?.uid;
const observer = FS('observe', { type: 'start', callback: ({ sessionUrl }) => sessionUrl });
observer?.disconnect();
FS('observe', { type: 'session', callback: ({ url }) => url.length });
void FS('observeAsync', { type: 'shutdown', callback: ({ reason }) => reason + 1 }).then((found) => found.disconnect());
FS('log', { level: 'warn', msg: 'slow' });
FS('log', { msg: 'slow' });
FS('start');
FS('shutdown');
void FS('restartAsync');
FS('setConfig', { console: false });
FS('source', { source: { integration: 'segment' } });
FS('init', { env: { orgId: 'o1' } });
FS('stat', { event_type: 'x', properties: {} });
const node: number | null = FS('getFullstoryId', document.body);
FS.setUserVars({ plan_str: 'pro' });
FS.setVars('page', { pageName: 'Basket' });
FS.event('Bought', { price_real: 3.5 });
FS.consent();
FS.consent(false);
FS.log('warn', 'slow');
FS.log('slow');
FS.shutdown();
FS.restart();
const full: string | null | undefined = FS.getCurrentSessionURL?.(true);
const oldest: string | null | undefined = FS.getSessionURL?.(true);
window.FS('setIdentity', { anonymous: true });
// @ts-expect-error an event has a name
FS('trackEvent', { properties: {} });
// @ts-expect-error no such format
FS('getSession', { format: 'uuid' });
// @ts-expect-error elements are marked in HTML
FS('setProperties', { type: 'element', properties: {} });
// @ts-expect-error no such observer
FS('observe', { type: 'identity', callback: () => undefined });
// @ts-expect-error it has to be loaded first
FS.getCurrentSession();

export { full, node, now, oldest, sessionId, uid, url };
