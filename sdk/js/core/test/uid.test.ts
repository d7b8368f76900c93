/** What may be a uid is what spec/uids.json says, read in place. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { isPlaceholder, isSuspicious } from '../src/placeholder';
import { uidText } from '../src/uid';

type Case = string | { $repeat: [string, number] };

const { cases } = JSON.parse(readFileSync(new URL('../../../../spec/uids.json', import.meta.url), 'utf8')) as { cases: Record<string, Case[]> };
const text = (found: Case) => (typeof found == 'string' ? found : found.$repeat[0].repeat(found.$repeat[1]));

function kind(given: unknown): string {
  const uid = uidText(given);
  if (uid === null) return 'invalid';
  if (isPlaceholder(uid)) return 'placeholder';
  return isSuspicious(uid) ? 'suspicious' : 'accepted';
}

for (const name of ['invalid', 'placeholder', 'suspicious', 'accepted']) {
  test(`what is ${name} is so`, () => {
    for (const found of cases[name] ?? []) assert.equal(kind(text(found)), name, JSON.stringify(found));
    for (const found of cases[`${name}_json`] ?? []) assert.equal(kind(JSON.parse(found as string)), name, found as string);
  });
}

test('an accepted uid is kept as it was given', () => {
  for (const found of cases.accepted ?? []) assert.equal(uidText(text(found)), text(found));
});

test('a number is what ECMAScript prints', () => {
  for (const [number, uid] of cases.printed as unknown as [string, string][]) assert.equal(uidText(JSON.parse(number)), uid);
});

test('what is neither text nor number is no uid', () => {
  for (const given of [undefined, true, BigInt(10), Symbol('x'), new String('x'), Promise.resolve('x'), new Date(0), () => 'x', NaN, Infinity]) assert.equal(kind(given), 'invalid');
});
