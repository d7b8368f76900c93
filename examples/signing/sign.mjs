import { createHmac } from 'node:crypto';

/**
 * The signature that proves to `org` that its user is `uid`, until `expiresS`, in whole seconds since 1970.
 * Call it where you know who signed in, and hand the page what it gives. The secret stays on the server.
 */
export function sign(secret, org, uid, expiresS) {
  const said = `passerby-identify-v1\n${org}\n${uid}\n${expiresS}`;
  return `v1.${expiresS}.${createHmac('sha256', secret).update(said).digest('base64url')}`;
}
