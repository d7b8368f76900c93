/** `FS('observe')`: who is told of what (contract 1.9; both official lists of types). */

type Callback = (args: any) => void;

const TYPES = /^(start|session|shutdown|internal\/(bundle|error|fs-init|user))$/;
const callbacks = new Set<[type: string, callback: Callback]>();

/** `now` is what the type says already: `start` and `session` fire at once when running. */
export function observe(type: string, callback: Callback, now?: unknown): { disconnect(): void; failed?: true } {
  const one: [string, Callback] = [type, callback];
  const isKnown = TYPES.test(type) && typeof callback == 'function';
  if (isKnown) {
    callbacks.add(one);
    if (now) call(callback, now);
  }
  return { disconnect: () => void callbacks.delete(one), ...(!isKnown && { failed: true }) };
}

/** `args` is asked for only when somebody listens. */
export function tell(type: string, args: () => unknown): void {
  for (const [wanted, callback] of [...callbacks]) if (wanted == type) call(callback, args());
}

/** A callback of the page may throw; that is shown, and nothing of ours stops. */
function call(callback: Callback, args: unknown): void {
  try {
    callback(args);
  } catch (error) {
    console.error(error);
  }
}
