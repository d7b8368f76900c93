/**
 * Calls as users of Fullstory's published types write them. They compile with those types and with ours: `fs-types` is
 * one after the other (`npm run typecheck`). What their types take and `fs.js` refuses at run time is in `../calls.ts`.
 */

import type { Api } from 'fs-types';

declare const FS: Api;

interface Cart {
  total: number;
  items: { sku: string; count: number }[];
  restore(): void;
}
interface Person {
  displayName: string;
  email?: string | undefined;
}
class Plan {
  constructor(
    public name: string,
    private seats: number,
  ) {}
  size(): number {
    return this.seats;
  }
}
type SessionFormat = 'url' | 'id' | 'url.now' | 'all';

declare const cart: Cart;
declare const person: Person;
declare const anything: any;
declare const bare: object;
declare const id: string;
declare const signedIn: boolean;
declare const format: SessionFormat;
declare const scope: 'user' | 'page' | 'document';
declare const level: 'log' | 'warn' | 'error' | 'debug';

// Properties of any kind of object, and a schema that was built elsewhere.
const schema = { properties: { total: 'real', 'items.sku': 'strs' } };
FS('trackEvent', { name: 'Cart Seen', properties: cart });
FS('trackEvent', { name: 'Cart Seen', properties: cart, schema });
FS('trackEvent', { name: 'Cart Seen', properties: new Plan('pro', 3), schema: bare }, 'dlo');
void FS('trackEventAsync', { name: id, properties: bare }, 'dlo').then(() => undefined);
FS('setProperties', { type: 'user', properties: person });
FS('setProperties', { type: scope, properties: { pageName: 'Basket' }, schema: {} });
FS('setProperties', anything);
FS('setPage', person);
FS('stat', { event_type: 'INTEGRATION_INITIALIZED', properties: { source: anything } });

// Who is there, and who is not.
FS('setIdentity', { uid: id, properties: person });
FS('setIdentity', { uid: id, properties: { ...person, plan: new Plan('pro', 3) }, schema, consent: signedIn, anonymous: false });
FS('setIdentity', { uid: signedIn && id });
FS('setIdentity', signedIn && id);
FS('setIdentity', { anonymous: true, properties: person });
FS('setIdentity', { anonymous: true, uid: false });
FS('setIdentity', { uid: false, properties: bare });
FS('setIdentity', { consent: signedIn, properties: bare });
void FS('setIdentityAsync', { anonymous: true }, 'logout').catch((error: Error) => error.message);
FS.identify(id, person, 'segment');
FS.identify(signedIn && id, anything);
FS.setUserVars(bare);
FS.setUserVars(person, 'segment');
FS.setVars(scope, cart);
FS.event('Cart Seen', cart, 'segment');
FS.anonymize();
FS.consent(signedIn);

// What is asked for.
const at: { format: SessionFormat } = { format };
const either: string | { sessionId: string } | null | undefined = FS('getSession', at);
void FS('getSessionAsync', { format }).then((found: string | { userId: string }) => found);
const link: string | null | undefined = FS('getSession', undefined, 'helpdesk');
void FS('getConfigAsync').then(({ env, user }) => [env.namespace.length, env.snippetVersion, user?.properties.email?.length]);
const name: string | undefined = FS('getConfig')?.user?.properties.displayName;

// Who watches.
interface Begun {
  sessionUrl: string;
  settings: Readonly<object>;
}
const begun = (seen: Begun): number => seen.sessionUrl.length;
FS('observe', { type: 'start', callback: begun });
FS('observe', { type: 'internal/bundle', callback: ({ seq, size, userId }: { seq: number; size: number; userId: string }) => [seq + size, userId] });
FS('observe', { type: 'internal/user', callback: ({ user }) => user?.properties.email?.length });
void FS('observeAsync', { type: 'shutdown', callback: ({ reason }: { reason: number }) => reason }).then(({ failed }) => failed);

// The rest.
FS('init', { env: { orgId: id, host: 'fs.shop.example', scheme: 'https:', ownKey: anything }, privacy: { attributeBlocklist: [{ target: 'any', tag: 'input', action: 'erase' }] } });
FS('source', { source: { integration: 'segment', userInitiated: true } });
FS('log', { level, msg: anything });
FS.log(level, 'slow', cart, anything);
FS.log('slow', 3);
FS('shutdown', undefined, 'privacy');
void FS('restartAsync');

export { either, link, name };
