/** `FS('observe')`: who is told of what (contract 1.9; both official lists of types). */

export type Callback = (args: any) => void;
export interface Registration {
  disconnect(): void;
  failed?: true;
}

const TYPES = /^(start|session|shutdown|internal\/(bundle|error|fs-init|user))$/;

export class Observers {
  private readonly callbacks_: { type_: string; callback_: Callback }[] = [];

  /** `current` gives what a type says already: `start` and `session` fire at once when running. */
  observe(type: unknown, callback: unknown, current: (type: string) => unknown): Registration {
    if (typeof type != 'string' || !TYPES.test(type) || typeof callback != 'function') {
      return { failed: true, disconnect: () => undefined };
    }
    const one = { type_: type, callback_: callback as Callback };
    this.callbacks_.push(one);
    const now = current(type);
    if (now) call(one.callback_, now);
    return {
      disconnect: () => {
        const at = this.callbacks_.indexOf(one);
        if (at >= 0) this.callbacks_.splice(at, 1);
      },
    };
  }

  has(type: string): boolean {
    return this.callbacks_.some(({ type_ }) => type_ == type);
  }

  tell(type: string, args: unknown): void {
    for (const { type_, callback_ } of this.callbacks_.slice()) if (type_ == type) call(callback_, args);
  }
}

/** A callback of the page may throw; that is shown, and nothing of ours stops. */
function call(callback: Callback, args: unknown): void {
  try {
    callback(args);
  } catch (error) {
    console.error(error);
  }
}
