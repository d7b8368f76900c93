/** The JavaScript core as one that takes part in comparisons: scripts in, outcomes out (README.md). */

import { createInterface } from 'node:readline';
import { type Given, type Step, World } from '../../sdk/js/core/test/world';

interface Script {
  given: Given;
  steps: Step[];
}

function outcomeOf(world: World, step: Step): object {
  const seen = world.perform(step);
  const { machine } = world as any;
  const entries = machine.entries ? machine.entries() : machine.queue.entries();
  return {
    ...seen,
    state: machine.state(),
    queue: entries.map(({ stamp, operation_ }: any) => ({ ...stamp, ...operation_ })),
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
