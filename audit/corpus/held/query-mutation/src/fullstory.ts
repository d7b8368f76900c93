export function identifyFullStory(user: { id: string; name: string }) {
  if (!import.meta.env.PROD) return;
  window.FS?.('setIdentity', { uid: user.id, properties: { displayName: user.name } });
}
export function resetFullStory() {
  if (!import.meta.env.PROD) return;
  window.FS?.('setIdentity', { anonymous: true });
}
