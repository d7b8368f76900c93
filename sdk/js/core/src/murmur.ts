/** The `bound` field of the identity record (ST-3). */

const imul = Math.imul;

function rotated(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

/** MurmurHash3 x86 32 over the UTF-16 code units of `text`, little endian, as 8 hex digits. */
function murmur3(text: string, seed: number): string {
  let h = seed;
  let i = 0;
  for (; i + 1 < text.length; i += 2) {
    h ^= scrambled(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    h = (imul(rotated(h, 13), 5) + 0xe6546b64) | 0;
  }
  if (i < text.length) h ^= scrambled(text.charCodeAt(i));
  h ^= text.length * 2;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ('0000000' + ((h ^ (h >>> 16)) >>> 0).toString(16)).slice(-8);
}

function scrambled(k: number): number {
  return imul(rotated(imul(k, 0xcc9e2d51), 15), 0x1b873593);
}

/** 16 hex digits that stand for `uid` on `device` and nowhere else. */
export function boundTo(device: string, uid: string): string {
  const text = device + ':' + uid;
  return murmur3(text, 0) + murmur3(text, 0x9e3779b9);
}
