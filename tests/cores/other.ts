/** Performs scripts on the JavaScript core: one a line comes in, what came of each of its steps goes out. */

import { createInterface } from 'node:readline';
import { type Given, type Step, World } from '../../sdk/js/core/test/world';

createInterface({ input: process.stdin }).on('line', (line) => {
  const { given, steps } = JSON.parse(line) as { given: Given; steps: Step[] };
  const world = new World(given);
  const outcomes = steps.map((step) => {
    const seen = world.perform(step);
    return {
      ...seen,
      state: world.machine.state(),
      queue: world.machine.queue.entries().map(({ stamp, operation_ }) => ({ ...stamp, ...operation_ })),
      storage: Object.fromEntries(world.storage),
      timers: Object.fromEntries(world.timers),
    };
  });
  console.log(JSON.stringify(outcomes));
});
