/** Every sentence about the router process: finding it, starting it, and calls that it does not answer. */
import { catalogue, textOf, type Words } from '../said';

export const say = catalogue('process', {
  // Finding it
  noneReached: 'No router process could be reached.',
  newerRuns: (running: string, own: string) =>
    `LLM Router ${running} is running and this window still has ${own}. Reload the window.`,
  olderRuns: (running: string) =>
    `LLM Router ${running} is still running for another window. Reload window there, or close it.`,
  newerTookOver: 'A newer LLM Router has taken over from this one. Reload the window.',
  notEnding: (pid: number) => `The router process ${pid} does not end. End it, then start the router again.`,
  unsettled: 'The router process could not settle with others which of them serves. Start it again.',

  // Starting it
  couldNotStart: 'The router could not be started.',
  notStarted: (why: Words) => `The router process could not be started: ${textOf(why)}.`,
  silentStart: (seconds: number) =>
    `The router process did not answer within ${seconds} s after its start and was ended. Its log may say why; then start it again.`,
  exitCode: (code: string) => `exit code ${code}`,
  signal: (name: string) => `signal ${name}`,
  endedAtStart: (how: Words) => `The router process ended at its start (${textOf(how)}).`,
  endedAtStartSaying: (how: Words, words: string) => `The router process ended at its start (${textOf(how)}): ${words}`,
  ended: 'The router process ended unexpectedly.',
  givenUp: (why: Words, times: number) =>
    `${textOf(why)} That was ${times} times in two minutes, so it is not started again by itself.`,

  // Its folder
  folderUnusable: (folder: string, why: Words) =>
    `LLM Router cannot use its data folder ${folder}: ${textOf(why)}. Repair or remove that folder, then start the router again.`,
  noFolder: (folder: string) => `${folder} is not a folder`,
  otherUsersFile: (file: string) => `${file} is not a file of this user`,
  noShortFolder: 'no short folder for its socket is known',
  vanished: (file: string) => `${file} vanished`,
  partIsFile: 'a part of the path is a file',
  fileHasName: 'a file has that name',
  mayNotWrite: 'this user may not write there',
  readOnly: 'the file system is read-only',
  diskFull: 'the disk is full',
  pathTooLong: 'the path is too long',
  secretDamaged: (file: string) =>
    `${file} is damaged. Remove this one file and start the router again: a new one is made, and the client key, the URL and the ledger stay.`,

  // Calls
  silent: 'The router process does not answer. Its log may say why.',
  notReached: 'The router process could not be reached in time. Try again.',
  endedBefore: 'The router process ended before it answered. Try again in a moment.',
  left: 'This window has left the router.',
  unfinished: (call: string, seconds: number) => `The router did not finish "${call}" within ${seconds} s.`,
  unfinishedLog: (call: string, seconds: number) =>
    `The router did not finish "${call}" within ${seconds} s. Its log may say why.`,
  unknownCall: (call: string) => `This version of the router does not know "${call}".`,
  noSettings: 'These are no settings.',
  wrongSettings: (path: string, why: Words) =>
    `The router starts as soon as its settings are right. llmRouter.${path}: ${textOf(why)}`,
});
