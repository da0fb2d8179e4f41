/** One event with its listeners, in the order they came. */
export interface Emitter<T> {
  fire: (value: T) => void;
  /** The returned function removes the listener. */
  on: (listener: (value: T) => void) => () => void;
}

export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<{ call: (value: T) => void }>();
  return {
    fire: (value) => {
      for (const { call } of [...listeners]) call(value);
    },
    on: (listener) => {
      const entry = { call: listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
  };
}
