/** The preview of an import in words, for a person. Pure. */

import { type Said, textOf, type Words } from '../../said';
import { say } from '../sentences';
import type { ImportItem, ImportPreview } from './importItems';
import type { LoadedConfig } from './loaded';

const FORMATS: Record<LoadedConfig['kind'], Said> = {
  own: say.ownFormat,
  'llm-router': say.llmRouterFormat,
  litellm: say.liteLlmFormat,
};
const TITLES: Record<ImportItem['kind'], Said> = {
  backend: say.backend,
  alias: say.alias,
  setting: say.setting,
  key: say.key,
};

/** The preview as a document for a person; keys show by name only. `tell` says a sentence, in English where nothing else is given. */
export function previewText(
  { format, usable, items, left }: Omit<ImportPreview, 'page'>,
  file: string,
  tell: (words: Words) => string = textOf,
): string {
  const row = (item: ImportItem): string => {
    const what = cell(tell(item.says?.what ?? item.what));
    const state = item.replaces ? `**${tell(say.replacesYours)}**` : tell(say.isNew);
    return `| ${tell(TITLES[item.kind])} | ${cell(item.name)} | ${what} | ${state}${carefulText(item)} |`;
  };
  const carefulText = ({ careful, says }: ImportItem): string =>
    careful ? `; **${tell(say.notTicked)}**: ${cell(tell(says?.careful ?? careful))}` : '';
  const leftLine = ({ place, why, says }: ImportPreview['left'][number]): string => {
    const where = tell(says?.place ?? place).replaceAll('`', "'");
    return `- ${where === '' ? '' : `\`${where}\`: `}${tell(says?.why ?? why)}`;
  };
  const head = [say.what, say.name, say.how].map(tell).join(' | ');
  return [
    `# ${tell(say.importOf(file.replaceAll(/[\r\n]/g, ' ')))}`,
    '',
    tell((usable ? say.importable : say.notImportable)(FORMATS[format])),
    '',
    ...(items.length > 0
      ? [`## ${tell(say.whatBecomesWhat)}`, '', `| ${head} | |`, '| --- | --- | --- | --- |', ...items.map(row), '']
      : []),
    ...(left.length > 0
      ? [`## ${tell(usable ? say.whatIsLeft : say.whatIsWrong)}`, '', ...left.map(leftLine), '']
      : []),
  ].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/[\r\n]+/g, ' ');
