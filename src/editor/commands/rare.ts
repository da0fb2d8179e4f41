/**
 * Commands that are asked for rarely, in a bundle of their own (dist/commands.js): it is loaded with the first of them, so that
 * the activation reads less. What it shares with the extension comes in; what both import holds no state.
 */
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import type { Documents } from '../views/documents';
import { addBackendCommands } from './addBackend';
import { bodyLoggingCommands } from './bodyLogging';
import { clientKeyCommands } from './clientKeys';
import { connectCommands } from './connectCursor';
import { doctorCommands } from './doctor';
import { importExportCommands } from './importExport';
import { keyCommands } from './keys';
import { manageBackendCommands } from './manageBackends';
import { otherToolCommands } from './otherTools';
import type { ShowPage } from './pages';
import type { RareName } from './rareNames';
import { requestCommands } from './requests';
import { tunnelCommands } from './tunnel';
import { usageCommands } from './usage';

export interface RareOptions {
  editor: Editor;
  documents: Documents;
  showPage: ShowPage;
}

export function rareCommands({ editor, documents, showPage }: RareOptions): Pick<Handlers, RareName> {
  const adding = addBackendCommands(editor);
  return {
    ...connectCommands(editor),
    ...keyCommands(editor),
    ...adding,
    ...manageBackendCommands(editor, adding.addBackend),
    ...tunnelCommands(editor),
    ...doctorCommands(editor, showPage),
    ...importExportCommands(editor, showPage),
    ...clientKeyCommands(editor),
    ...otherToolCommands(editor),
    ...requestCommands(editor, documents),
    ...usageCommands(editor, documents),
    ...bodyLoggingCommands(editor),
  };
}
