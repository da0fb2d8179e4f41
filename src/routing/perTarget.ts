/** What is worked out of a target is worked out once: targets and backends are never changed (design §4), only replaced. */
export function perTarget<K extends object, T>(make: (about: K) => T): (about: K) => T {
  const known = new WeakMap<K, { value: T }>();
  return (about) => {
    let found = known.get(about);
    if (!found) known.set(about, (found = { value: make(about) }));
    return found.value;
  };
}
