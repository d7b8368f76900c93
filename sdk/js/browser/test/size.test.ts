/** What fs.js weighs, as `script/setup sdk` built it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';

const BUILT = new URL('../../../../src/passerby/faces/assets/fs.js', import.meta.url);
const GZIPPED_BYTES_MAX = 12 * 1024;

test('fs.js is at most 12 KB, gzipped', () => {
  assert.ok(gzipSync(readFileSync(BUILT), { level: 9 }).length <= GZIPPED_BYTES_MAX);
});
