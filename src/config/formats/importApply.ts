/** What the editor writes after a yes to an import. Pure, and without the schema: it is part of the extension. */
import { implicitDefault, keepDefault } from '../../routing/implicitDefault';
import type { ImportItem } from './importItems';

/** A backend as it stands in settings.json, unchecked. */
type Written = Record<string, unknown>;

/**
 * The list of backends after an import: those of the same name are replaced in place, new ones come behind. There can be one
 * default: a present one that stays keeps it, also one that was it only because it was alone.
 */
export function mergeBackends(present: readonly Written[], items: readonly ImportItem[]): Written[] {
  const taken = new Map(items.flatMap((item) => (item.kind === 'backend' ? [[item.name, item.value] as const] : [])));
  const stays = present.filter((backend) => !taken.has(String(backend.name)));
  const hasDefault = stays.some((backend) => backend.default === true || backend === implicitDefault(present));
  const imported = (value: Written): Written => {
    const { default: isDefault, ...rest } = value;
    return isDefault === undefined || (hasDefault && isDefault === true) ? rest : value;
  };
  const replaced = present.map((backend) => {
    const value = taken.get(String(backend.name));
    taken.delete(String(backend.name));
    return value ? imported(value) : backend;
  });
  return keepDefault(present, [...replaced, ...[...taken.values()].map(imported)]);
}

/** The aliases after an import. */
export function mergeAliases(
  present: Readonly<Record<string, unknown>>,
  items: readonly ImportItem[],
): Record<string, unknown> {
  const taken = items.flatMap((item) => (item.kind === 'alias' ? [[item.name, item.value] as const] : []));
  return { ...present, ...Object.fromEntries(taken) };
}
