/** The flows keep every vector of spec/vectors/flows.json, read in place. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { type Given, type Step, World } from './world';

interface Vector {
  id: string;
  description: string;
  given?: Given;
  steps: Step[];
}

const HOME = new URL('../../../../spec/vectors/', import.meta.url);

function load(file: string): any {
  return JSON.parse(readFileSync(new URL(file, HOME), 'utf8'));
}

async function run({ given, steps }: Vector): Promise<void> {
  const world = new World(given);
  for (const [index, step] of steps.entries()) {
    await world.perform(step);
    const where = `step ${index + 1} (${step.do} ${step.flow ?? step.call ?? ''})`;
    for (const [name, wanted] of Object.entries(step.expect ?? {})) assert.deepEqual(found(world, name, wanted), wanted, `${where}: ${name}`);
  }
}

function found(world: World, name: string, wanted: any): unknown {
  switch (name) {
    case 'happened':
    case 'answer':
    case 'record':
      return world[name];
    case 'homes':
      return world.standingIn;
    case 'kept':
      return Object.fromEntries(Object.keys(wanted).map((key) => [key, world.stored(key)]));
  }
  throw new Error(`unknown expectation ${name}`);
}

for (const { file, area, vectors: count } of load('index.json').files) {
  if (area != 'flows') continue;
  const { vectors } = load(file) as { vectors: Vector[] };
  test(`${file} holds what the index says`, () => assert.equal(vectors.length, count));
  for (const vector of vectors) test(`${vector.id}: ${vector.description}`, () => run(vector));
}

const SMALL: Vector = {
  id: 'runner/self',
  description: 'a runner that sees nothing is no runner',
  steps: [{ do: 'make', flow: 'switchAccount', options: { to: { uid: 'bo' } }, expect: { answer: [] } }],
};

test('the runner passes what holds', () => run(SMALL));
test('the runner fails a wrong expectation', async () => {
  for (const expect of [{ answer: 'pending' }, { happened: [] }, { record: null }]) {
    await assert.rejects(run({ ...SMALL, steps: [{ ...SMALL.steps[0]!, expect }] }));
  }
});
test('the runner raises on anything it does not know', async () => {
  await assert.rejects(run({ ...SMALL, steps: [{ do: 'dance' }] }), /unknown step/);
  await assert.rejects(run({ ...SMALL, steps: [{ do: 'show', ms: 1 }] }), /unknown in step/);
  await assert.rejects(run({ ...SMALL, steps: [{ do: 'show', expect: { mood: 1 } }] }), /unknown expectation/);
  const options = { colour: 'red' };
  await assert.rejects(run({ ...SMALL, steps: [{ do: 'make', flow: 'kiosk', options }] }), /unknown option/);
});
