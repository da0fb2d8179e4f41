/** The preview of an import in words, for a person. Pure. */

import type { ImportItem, ImportPreview } from './importItems';
import type { LoadedConfig } from './loaded';

const WHICH = {
  own: 'LLM Router settings',
  'llm-router': 'an llm-router config.json',
  litellm: 'a LiteLLM config.yaml',
};

/** The format in words, for a heading. */
const formatName = (format: LoadedConfig['kind']): string => WHICH[format];

/** The preview as a document for a person; keys show by name only. */
export function previewText({ format, usable, items, left }: Omit<ImportPreview, 'page'>, file: string): string {
  const rows = items.map(
    (item) =>
      `| ${TITLES[item.kind]} | ${cell(item.name)} | ${cell(item.what)} | ${item.replaces ? '**replaces yours**' : 'new'}${carefulText(item)} |`,
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

function carefulText(item: ImportItem): string {
  return item.kind === 'backend' && item.careful ? `; **not ticked**: ${cell(item.careful)}` : '';
}

const TITLES = { backend: 'Backend', alias: 'Alias', setting: 'Setting', key: 'Key' } as const;
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/[\r\n]+/g, ' ');
