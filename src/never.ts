/** Stands where every kind has its arm: a new kind that nobody handles does not compile. */
export function assertNever(kind: never): never {
  throw new Error(`Nobody handles ${JSON.stringify(kind)}.`);
}
