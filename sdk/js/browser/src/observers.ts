/** `FS('observe')`: who is told of what (contract 1.9; both official lists of types). */

type Callback = (args: any) => void;

const TYPES = /^(start|session|shutdown|internal\/(bundle|error|fs-init|user))$/;
const callbacks: { type: string; callback: Callback }[] = [];

/** `current` gives what a type says already: `start` and `session` fire at once when running. */
export function observe(type: string, callback: Callback, current: (type: string) => unknown): { disconnect(): void; failed?: true } {
  if (!TYPES.test(type) || typeof callback != 'function') return { failed: true, disconnect: () => undefined };
  const one = { type, callback };
  callbacks.push(one);
  const now = current(type);
  if (now) call(callback, now);
  return {
    disconnect: () => {
      const at = callbacks.indexOf(one);
      if (at >= 0) callbacks.splice(at, 1);
    },
  };
}

/** `args` is asked for only when somebody listens. */
export function tell(type: string, args: () => unknown): void {
  for (const one of callbacks.slice()) if (one.type == type) call(one.callback, args());
}

/** A callback of the page may throw; that is shown, and nothing of ours stops. */
function call(callback: Callback, args: unknown): void {
  try {
    callback(args);
  } catch (error) {
    console.error(error);
  }
}
