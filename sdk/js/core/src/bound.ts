/** The `bound` field of the identity record (ST-3). */

/** 16 hex digits that stand for `uid` on `device` and nowhere else. */
export function boundTo(device: string, uid: string): string {
  const text = device + ':' + uid;
  return fnv1a(text, 0x811c9dc5) + fnv1a(text, 0x9e3779b9);
}

/** FNV-1a over the UTF-16 code units of `text`, from `hash` on, as 8 hex digits. */
function fnv1a(text: string, hash: number): string {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x1000193);
  return ('0000000' + (hash >>> 0).toString(16)).slice(-8);
}
