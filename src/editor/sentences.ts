/** What the editor side fails with: the log says it in English, messages say it in the language of the editor. */
import { catalogue, textOf, type Words } from '../said';

const ADVICE = 'Keys are kept there and nowhere else; check the keyring of your system.';

export const say = catalogue('editor', {
  fileUnread: (file: string) => `${file} cannot be read, or is larger than 16 MB.`,
  hasErrors: 'it has errors.',
  notImported: (file: string, why: Words) => `${file} cannot be imported: ${textOf(why)} The page beside tells all.`,
  noPage: 'There is no such page.',
  storageSilent: `The editor's secret storage does not answer. ${ADVICE}`,
  storageBroken: (reason: string) => `The editor's secret storage does not work (${reason}). ${ADVICE}`,
  stopNotKept: (why: Words) =>
    `The router is stopped, but this could not be kept on disk (${textOf(why)}): a window that opens later starts it again.`,
  keyLost:
    "The API key that Cursor has is GONE from the editor's secret storage. The router serves with no other key by itself: paste the old one (Cursor's field OpenAI API Key still has it), or make a new one and paste that into Cursor.",
});
