/** What compiles is right, and what is wrong does not: read by `tsc` alone (`npm run typecheck`). */

import { followAuth, idleTimeout, incognito, kiosk, logoutService, switchAccount, switchWorkspace } from '../src/index';

interface Session {
  profile: { number: string } | null;
}
declare const user: { id?: string };
declare const session$: { subscribe(say: (session: Session | null) => void): { unsubscribe(): void } };
declare function onAuthStateChanged(auth: object, say: (user: { uid: string } | null) => void): () => void;

const logOut = logoutService({ backend: () => fetch('/logout', { method: 'POST' }), clear: () => undefined, navigate: '/login' });
document.body.addEventListener('click', logOut);
void logOut('idle').then((failures) => failures.map(({ step, code, error }) => [step, code, error]));
logoutService();
logoutService({ navigate: () => history.back() });
logoutService({ navigate: (failures) => location.assign(failures.some(({ code }) => code == 'not_released') ? '/help' : '/goodbye') });
// @ts-expect-error an address, or what takes one there
logoutService({ navigate: true });
// @ts-expect-error what does it, not what it gave
logoutService({ backend: fetch('/logout') });

void switchAccount({ to: { uid: 'bo', properties: { plan: 'pro' } } });
void switchWorkspace({ load: async () => ({ uid: 'ana', properties: { workspace: 'north' } }) });
void switchAccount({ to: { uid: 'bo', signature: 'v1.1790000000.c2lnbmVk' } });
// @ts-expect-error null is nobody to switch to
void switchAccount({ to: { uid: null } });
// @ts-expect-error there may be no id
void switchAccount({ to: { uid: user.id } });
// @ts-expect-error a switch is to somebody: anonymous is the business of a logout
void switchAccount({ to: { anonymous: true } });

const terminal = kiosk({ idleMs: 60_000, countdown: (leftMs) => leftMs === null || leftMs > 0, welcome: () => undefined });
void terminal.begin({ uid: 'ana' });
void terminal.end('done');
// @ts-expect-error how long, if not for ever?
kiosk({ welcome: () => undefined });
// @ts-expect-error somebody signs in, not nobody
void terminal.begin(null);

idleTimeout({ idleMs: 1000, expired: logOut })();
// @ts-expect-error and then?
idleTimeout({ idleMs: 1000 });

const unseen = incognito({ changed: (isOn) => isOn });
void unseen.enter({ uid: 'ana' });
void unseen.enter();
void unseen.enter().then((failures) => failures.length);
void unseen.leave();
// @ts-expect-error null is nobody to come back
void unseen.enter({ uid: null });

followAuth('auth').stop();
followAuth(() => user.id ?? null);
followAuth(async () => (await fetch('/me')).json());
followAuth((say: (user: { uid: string } | null) => void) => onAuthStateChanged({}, say));
followAuth(session$, { user: (session) => session && (session.profile ? session.profile.number : null) });
followAuth<Session>().say({ profile: null });
// @ts-expect-error neither key nor function nor anything to subscribe to
followAuth(42);
// @ts-expect-error a user is a uid, or has one
followAuth(() => null, { user: () => ({ name: 'Ana' }) });
