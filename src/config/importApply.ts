/** The part of an import that the editor does itself: the preview in words, and what is written after a yes. Pure, no schema. */
import type { ImportItem, ImportPreview } from './importPreview';
import type { LoadedConfig } from './load';

const WHICH = {
  own: 'LLM Router settings',
  'llm-router': 'an llm-router config.json',
  litellm: 'a LiteLLM config.yaml',
};

/** The format in words, for a heading. */
export const formatName = (format: LoadedConfig['kind']): string => WHICH[format];

/** The preview as a document for a person; keys show by name only. */
export function previewText({ format, usable, items, left }: ImportPreview, file: string): string {
  const rows = items.map(
    (item) =>
      `| ${TITLES[item.kind]} | ${cell(item.name)} | ${cell(item.what)} | ${item.replaces ? '**replaces yours**' : 'new'} |`,
  );
  return [
    `# Import of ${file.replaceAll(/[\r\n]/g, ' ')}`,
    '',
    usable
      ? `It is ${formatName(format)}. Nothing has been changed yet.`
      : `It looks like ${formatName(format)}, but it has errors, so nothing can be imported.`,
    '',
    ...(rows.length > 0
      ? ['## What becomes what', '', '| What | Name | How | |', '| --- | --- | --- | --- |', ...rows, '']
      : []),
    ...(left.length > 0
      ? [
          usable ? '## What is not carried, and what to know' : '## What is wrong',
          '',
          ...left.map(({ place, why }) => `- ${place === '' ? '' : `\`${place.replaceAll('`', "'")}\`: `}${why}`),
          '',
        ]
      : []),
  ].join('\n');
}

const TITLES = { backend: 'Backend', alias: 'Alias', setting: 'Setting', key: 'Key' } as const;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/[\r\n]+/g, ' ');

/** A backend as it stands in settings.json, unchecked. */
type Written = Record<string, unknown>;

/**
 * The list of backends after an import: those of the same name are replaced in place, new ones come behind. There can be one
 * default: a present one that stays keeps it.
 */
export function mergeBackends(present: readonly Written[], items: readonly ImportItem[]): Written[] {
  const taken = new Map(items.flatMap((item) => (item.kind === 'backend' ? [[item.name, item.value] as const] : [])));
  const stays = present.filter((backend) => !taken.has(String(backend.name)));
  const hasDefault = stays.some((backend) => backend.default === true);
  const imported = (value: Written): Written => {
    const { default: isDefault, ...rest } = value;
    return isDefault === undefined || (hasDefault && isDefault === true) ? rest : value;
  };
  const replaced = present.map((backend) => {
    const value = taken.get(String(backend.name));
    taken.delete(String(backend.name));
    return value ? imported(value) : backend;
  });
  return [...replaced, ...[...taken.values()].map(imported)];
}

/** The aliases after an import. */
export function mergeAliases(
  present: Readonly<Record<string, unknown>>,
  items: readonly ImportItem[],
): Record<string, unknown> {
  const taken = items.flatMap((item) => (item.kind === 'alias' ? [[item.name, item.value] as const] : []));
  return { ...present, ...Object.fromEntries(taken) };
}
