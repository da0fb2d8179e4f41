/** Model ids with one `*` in them, and the upstream names they lead to. */
import type { ModelSettings } from '../settings/schema';
import type { Backend } from './backend';

/** A configured model whose id stands for many names. */
export function isPattern(model: ModelSettings): boolean {
  return model.id.includes('*');
}

/** What stands around the `*`. */
export function splitPattern(pattern: string): { before: string; after: string } {
  const star = pattern.indexOf('*');
  return star < 0 ? { before: pattern, after: '' } : { before: pattern.slice(0, star), after: pattern.slice(star + 1) };
}

/** What a name has in place of the `*`, at least one character; undefined when it does not match. */
export function restOf({ before, after }: { before: string; after: string }, name: string): string | undefined {
  const fits = name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after);
  return fits ? name.slice(before.length, name.length - after.length) : undefined;
}

/** The provider's name of a configured model: as written, else its id without the prefix of the backend. */
export function upstreamOf(model: ModelSettings, backend: Backend): string {
  if (model.upstream !== undefined) return model.upstream;
  const { id } = model;
  return id.startsWith(backend.prefix) && id.length > backend.prefix.length ? id.slice(backend.prefix.length) : id;
}
