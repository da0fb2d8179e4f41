/** Every command is registered at once and answers in every state; what goes wrong becomes a sentence. */
import { commands, type Disposable } from 'vscode';
import { tell } from '../actions';
import type { Editor } from '../controller';
import {
  COMMANDS,
  CONTEXT_BACKENDS,
  CONTEXT_RUNNING,
  CONTEXT_STARTING,
  CONTEXT_TUNNEL,
  type CommandName,
  type Handlers,
} from '../ids';
import { LostKeyError } from '../ownKeys';
import { keyMessage } from '../stateMessages';
import { phaseOf } from '../view';
import { createDashboard } from '../views/dashboard';
import { createDocuments } from '../views/documents';
import { asksForProgram } from '../views/requestsHead';
import { openWalkthrough } from '../views/walkthrough';
import { reasonOf } from '../words';
import { copyCommands } from './copy';
import { cursorCommands } from './cursor';
import { lifecycleCommands } from './lifecycle';
import { logCommands } from './log';
import { createPages } from './pages';
import type { RareOptions, rareCommands } from './rare';
import { RARE, type RareName } from './rareNames';

export function registerCommands(editor: Editor): Disposable[] {
  const documents = createDocuments(editor);
  const showPage = createPages(editor);
  const dashboard = createDashboard(editor);
  const handlers: Handlers = {
    ...lifecycleCommands(editor),
    ...copyCommands(editor),
    ...cursorCommands(editor),
    ...logCommands(editor),
    ...rare({ editor, documents, showPage }),
    openDashboard: async () => dashboard.open(),
    openWalkthrough,
  };
  const names = Object.keys(COMMANDS) as CommandName[];
  return [
    ...names.map((name) =>
      commands.registerCommand(COMMANDS[name], (argument?: unknown) =>
        answered(editor, () => handlers[name](argument)),
      ),
    ),
    documents,
    dashboard,
    keepContext(editor),
  ];
}

/** The bundle is read when the first of its commands is asked for. */
function rare(options: RareOptions): Pick<Handlers, RareName> {
  let loaded: Pick<Handlers, RareName> | undefined;
  const load = (): Pick<Handlers, RareName> => {
    const file = options.editor.context.asAbsolutePath('dist/commands.js');
    loaded ??= (require(file) as { rareCommands: typeof rareCommands }).rareCommands(options);
    return loaded;
  };
  const entries = RARE.map((name) => [name, async (argument?: unknown) => await load()[name](argument)] as const);
  return Object.fromEntries(entries) as Pick<Handlers, RareName>;
}

async function answered(editor: Editor, handler: () => Promise<void>): Promise<void> {
  try {
    await handler();
  } catch (error) {
    const text = reasonOf(error);
    editor.log.error(error instanceof Error ? error : text);
    const lost = error instanceof LostKeyError ? keyMessage(editor.view) : undefined;
    void tell(editor, lost ?? { severity: 'error', text, actions: ['Show Log'] });
  }
}

/** `when` clauses show Start or Stop, and what an empty view says; set only on real changes. */
function keepContext(editor: Editor): Disposable {
  const known = new Map<string, boolean>();
  const keep = (key: string, value: boolean): void => {
    if (known.get(key) === value) return;
    known.set(key, value);
    void commands.executeCommand('setContext', key, value);
  };
  const set = (): void => {
    const { view } = editor;
    keep(CONTEXT_RUNNING, phaseOf(view) === 'running');
    keep(CONTEXT_STARTING, phaseOf(view) === 'starting');
    keep(CONTEXT_TUNNEL, asksForProgram(view));
    keep(CONTEXT_BACKENDS, (view.state?.backends.length ?? 0) > 0);
  };
  set();
  return editor.onDidChangeView(set);
}
