/** The default backend that nobody wrote down: the only one. Pure, without the schema: the extension holds it too. */

interface BackendEntry {
  name?: unknown;
  preset?: unknown;
  default?: unknown;
}

/** The only backend beside the demo is the default unless it says no; undefined where a default is written, or among several. */
export function implicitDefault<T extends BackendEntry>(backends: readonly T[]): T | undefined {
  if (backends.some((backend) => backend.default === true)) return undefined;
  const real = backends.filter((backend) => backend.preset !== 'demo');
  return real.length === 1 && real[0]?.default !== false ? real[0] : undefined;
}

/** The list `next` with the default that `present` had without writing it: bare names go on leading where they led. */
export function keepDefault<T extends BackendEntry>(present: readonly T[], next: readonly T[]): T[] {
  const before = implicitDefault(present);
  if (!before || implicitDefault(next) || next.some((backend) => backend.default === true)) return [...next];
  return next.map((backend) => (backend.name === before.name ? { ...backend, default: true } : backend));
}

/** The same backends with this one as the default. */
export function makeDefault<T extends BackendEntry>(backends: readonly T[], name: string): T[] {
  return backends.map((backend) => {
    const { default: before, ...rest } = backend;
    if (backend.name === name) return { ...backend, default: true };
    return before === true ? (rest as T) : backend;
  });
}

/** The backend that takes names without a prefix, written or not. */
export function defaultOf<T extends BackendEntry>(backends: readonly T[]): T | undefined {
  return backends.find((backend) => backend.default === true) ?? implicitDefault(backends);
}
