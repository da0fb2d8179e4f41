/** Every notice of the router about itself. */
import { catalogue, textOf, type Words } from '../said';

export const say = catalogue('router', {
  portTaken: (wanted: number, port: number) =>
    `Port ${wanted} is taken by another program, so the router uses ${port}.`,
  requestGone: 'This request is not among the newest 500 any more.',
  cursorUnreadable: "Cursor's settings cannot be read any more.",
  urlDidNotWork: 'The public URL did not work at that moment.',
  waitingForCursor: 'Waiting until Cursor has quit, 5 minutes at most.',
  writeUnderWay: 'This is under way already: quit Cursor.',
  cannotOutlive: 'This router does not run on a Cursor that it outlives, so it cannot wait for its end.',
  settingsNotValid: 'These settings are not valid.',
  staysOnPort: (why: Words, port: number) => `${textOf(why)} The router stays on port ${port}.`,
});
