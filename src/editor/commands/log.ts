/** The log of this window, with what the router tells it. */
import type { Editor } from '../controller';
import type { Handlers } from '../ids';

export function logCommands(editor: Editor): Pick<Handlers, 'showLog'> {
  return {
    async showLog() {
      editor.log.show(true);
    },
  };
}
