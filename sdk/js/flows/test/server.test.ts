/** Apps that are rendered by a server import the flows there, too. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { followAuth } from '../src/index';

test('where there is no document an auth state is not asked for, and saying one does nothing', () => {
  let asked = 0;
  const follower = followAuth(() => ++asked);
  follower.say(7);
  follower.stop();
  assert.equal(asked, 0);
});
