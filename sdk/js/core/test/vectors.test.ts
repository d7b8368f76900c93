/** The core keeps every client vector of spec/, read in place. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { disappointments } from './expectation';
import { type Given, type Step, World } from './world';

interface Vector {
  id: string;
  description: string;
  requires?: string[];
  given: Given;
  steps: Step[];
}

const HOME = new URL('../../../../spec/vectors/', import.meta.url);
const CAN = ['persistent-storage', 'shared-storage', 'background-events', 'wall-clock-jumps'];
const OTHER_AREAS = ['decode', 'attribution', 'flows'];

function load(file: string): any {
  return JSON.parse(readFileSync(new URL(file, HOME), 'utf8'), (_, found) => (found?.$repeat ? found.$repeat[0].repeat(found.$repeat[1]) : found));
}

function run(vector: Vector): void {
  const world = new World(vector.given);
  vector.steps.forEach((step, index) => {
    const seen = world.perform(step);
    const wrong = step.expect ? disappointments(step.expect, seen, world) : [];
    assert.deepEqual(wrong, [], `step ${index + 1} (${step.do} ${step.call ?? ''})`);
  });
  assert.deepEqual(world.undrawn, [], 'ids that nobody drew');
}

for (const { file, area, vectors: count } of load('index.json').files) {
  if (OTHER_AREAS.includes(area)) continue;
  const { vectors } = load(file) as { vectors: Vector[] };
  test(`${file} holds what the index says`, () => assert.equal(vectors.length, count));
  for (const vector of vectors) {
    const lacking = (vector.requires ?? []).filter((capability) => !CAN.includes(capability));
    test(`${vector.id}: ${vector.description}`, { skip: lacking.length ? `needs ${lacking}` : false }, () => run(vector));
  }
}

const SMALL: Vector = {
  id: 'runner/self',
  description: 'a runner that sees nothing is no runner',
  given: { clock: { wall_ms: 1000 }, ids: { device: ['d'], session: ['s'], page: ['p'] }, storage: null },
  steps: [{ do: 'start', expect: { state: { device: 'd' } } }],
};

test('the runner passes what holds', () => run(SMALL));
test('the runner fails a wrong expectation', () => {
  assert.throws(() => run({ ...SMALL, steps: [{ do: 'start', expect: { state: { device: 'x' } } }] }));
  assert.throws(() => run({ ...SMALL, steps: [{ do: 'start', expect: { notes: ['x'] } }] }));
});
test('the runner raises on anything it does not know', () => {
  assert.throws(() => run({ ...SMALL, steps: [{ do: 'dance' }] }), /unknown step/);
  assert.throws(() => run({ ...SMALL, steps: [{ do: 'start', expect: { mood: 1 } }] }), /unknown expectation/);
  assert.throws(() => run({ ...SMALL, steps: [{ do: 'start', ms: 1 }] }), /unknown in step/);
});
test('the runner misses ids that nobody drew', () => {
  const ids = { device: ['d', 'e'], session: ['s'], page: ['p'] };
  assert.throws(() => run({ ...SMALL, given: { ...SMALL.given, ids } }), /nobody drew/);
});
