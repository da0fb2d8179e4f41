/** Changes to what the settings say of models: aliases, and the entry of a model of a backend. Pure; nothing given is changed. */
import { isObject } from '../wires/read';
import { t } from './words';

/** A backend in settings.json: whatever stands there, so every field is unknown until looked at. */
export type WrittenBackend = Record<string, unknown>;
type Written = Record<string, unknown>;

/** `aliases` with one more, or with another model behind it. */
export function withAlias(aliases: unknown, alias: string, model: string): Record<string, unknown> {
  return { ...(isObject(aliases) ? aliases : {}), [alias]: model };
}

/** `aliases` without this one; undefined when none is left. */
export function withoutAlias(aliases: unknown, alias: string): Record<string, unknown> | undefined {
  const { [alias]: _, ...rest } = isObject(aliases) ? aliases : {};
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Why this cannot be the name of an alias, else undefined. `taken`: names that models have already. */
export function aliasProblem(text: string, taken: readonly string[]): string | undefined {
  const name = text.trim();
  if (name === '' || /\s/.test(name)) return t`A name without spaces.`;
  return taken.includes(name) ? t`There is a model ${name} already.` : undefined;
}

/** The models that a backend has entries of its own for; anything else that stands there is not looked at. */
export const writtenModels = ({ models }: WrittenBackend): Written[] =>
  Array.isArray(models) ? models.filter(isObject) : [];

/** What stands in the settings of a model; undefined where it is only listed by the provider. */
export function modelEntry(backend: WrittenBackend, id: string): Written | undefined {
  return writtenModels(backend).find((model) => model.id === id);
}

/** The backend with this value in the model's entry, which is made where there is none; undefined takes the value away. */
export function withModelValue(backend: WrittenBackend, id: string, key: string, value: unknown): WrittenBackend {
  const { [key]: _, ...before } = modelEntry(backend, id) ?? { id };
  const entry = value === undefined ? before : { ...before, [key]: value };
  const others = writtenModels(backend).filter((model) => model.id !== id);
  const at = writtenModels(backend).findIndex((model) => model.id === id);
  const models = at < 0 ? [...others, entry] : [...others.slice(0, at), entry, ...others.slice(at)];
  return { ...backend, models };
}

/** The backend without an entry of its own for the model. */
export function withoutModel(backend: WrittenBackend, id: string): WrittenBackend {
  const models = writtenModels(backend).filter((model) => model.id !== id);
  const { models: _, ...rest } = backend;
  return models.length > 0 ? { ...rest, models } : rest;
}
