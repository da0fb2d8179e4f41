/** What the editor side fails with: the log says it in English, messages say it in the language of the editor. */
import { catalogue, textOf, type Words } from '../said';

export const say = catalogue('editor', {
  fileUnread: (file: string) => `${file} cannot be read, or is larger than 16 MB.`,
  hasErrors: 'it has errors.',
  notImported: (file: string, why: Words) => `${file} cannot be imported: ${textOf(why)} The page beside tells all.`,
  noPage: 'There is no such page.',
});
