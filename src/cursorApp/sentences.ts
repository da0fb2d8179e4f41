/** Every sentence about what Cursor itself holds: why it was not read, and what became of writing it. */
import { catalogue, textOf, type Words } from '../said';

export const say = catalogue('cursorApp', {
  // Reading
  cannotRead: (node: string) => `this runtime (Node ${node}) cannot read databases; Node 22.15 can.`,
  noDatabase: 'it is not a database.',
  leftByCrash: 'it was left by a crash of Cursor.',
  strangeForm: 'its settings have a form that is not known here.',

  // Writing
  nothingWritten: (why: Words) => `${textOf(why)} Nothing was written.`,
  connected: (url: string) => `Cursor now uses ${url}.`,
  putBack: "Cursor's settings are as they were; what Cursor itself wrote since is kept.",
  nothingToPutBack: 'There is nothing to put back: nothing was changed from here.',
  otherKept: (file: string) => `What ${file} held before is kept: disconnect that one first, with --file.`,
  keptDamaged: (file: string) =>
    `${file}, which keeps what Cursor held before, is damaged or cannot be read. Mend it; or look at the OpenAI base URL in Cursor's settings, remove that file, and try again.`,
  unknownForm: "Cursor's settings have a form that is not known here, so they are left alone.",
  noFile: (file: string) => `There is no ${file}.`,
  strangeFile: 'This is not the file of Cursor’s settings.',
  runsOrCrashed: 'Cursor runs, or has ended in a crash: start it once and quit it.',
  cannotWrite: (node: string) => `This runtime (Node ${node}) cannot write databases; Node 22.15 can.`,
  stillOpen: 'Cursor still has its settings open.',
  notReadBack: 'What was written could not be read back.',
  unknownOutcome: 'Cursor’s settings could not be read back.',

  // Waiting until Cursor has quit
  calledOff: 'It was called off.',
  notGone: 'Cursor was not gone within 5 minutes.',
  startedAgain: 'Cursor was started again before it was written.',
  didNotQuit: 'Cursor did not quit.',
  programsUnknown: 'This system does not tell which programs run.',
});
