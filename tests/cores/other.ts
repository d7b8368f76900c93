/** The JavaScript core as one that takes part in comparisons: scripts in, outcomes out (README.md). */

import { createInterface } from 'node:readline';
import { type Given, type Step, World } from '../../sdk/js/core/test/world';

interface Script {
  given: Given;
  steps: Step[];
}

function outcomeOf(world: World, step: Step): object {
  const seen = world.perform(step);
  return {
    ...seen,
    returns: seen.returns ?? null,
    error: seen.error ?? null,
    state: world.machine.state(),
    queue: world.machine.entries().map(({ stamp: { device, session, page, started }, operation_ }) => ({ device, session, page, started, ...operation_ })),
    storage: Object.fromEntries(world.storage),
    timers: Object.fromEntries(world.timers),
  };
}

function outcomes({ given, steps }: Script): object[] {
  const found: object[] = [];
  try {
    const world = new World(given);
    for (const step of steps) found.push(outcomeOf(world, step));
  } catch (error) {
    found.push({ escaped: String(error) });
  }
  return found;
}

createInterface({ input: process.stdin, crlfDelay: Infinity }).on('line', (line) => console.log(JSON.stringify(outcomes(JSON.parse(line)))));
