/** The few parts of the editor's API that unit tests of `src/editor/` need; `import 'vscode'` means this file there. */

import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** What stands in a person's settings and in those of the folder that is open. */
export const written: { user: Record<string, unknown>; workspace: Record<string, unknown> } = {
  user: {},
  workspace: {},
};

export const workspace = {
  fs: { stat: ({ fsPath }: Uri) => stat(fsPath), readFile: ({ fsPath }: Uri) => readFile(fsPath) },
  onDidChangeConfiguration: (_listener: () => void) => ({ dispose() {} }),
  getConfiguration: (section = '') => {
    const at = (values: Record<string, unknown>, key: string) => values[[section, key].filter(Boolean).join('.')];
    return {
      get: (key: string) => at(written.workspace, key) ?? at(written.user, key),
      inspect: (key: string) => ({
        key,
        globalValue: at(written.user, key),
        workspaceValue: at(written.workspace, key),
      }),
      update: async (key: string, value: unknown) =>
        void (written.user[[section, key].filter(Boolean).join('.')] = value),
    };
  },
};
export const l10n = {
  // As in the editor: without values a text stays as it is.
  t: (template: string, ...values: (string | number)[]) =>
    values.length === 0
      ? template
      : template.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
};
const unanswered = async (..._all: unknown[]): Promise<unknown> => undefined;
const silent = (_listener: () => void) => ({ dispose() {} });
export const window = {
  state: { focused: true },
  onDidChangeWindowState: silent,
  showInformationMessage: unanswered,
  showWarningMessage: unanswered,
  showErrorMessage: unanswered,
  showQuickPick: unanswered,
  showOpenDialog: unanswered,
  createQuickPick: (): object => ({}),
};
export const env = {
  uriScheme: 'vscode',
  sessionId: 'session',
  clipboard: { text: '', writeText: async (text: string) => void (env.clipboard.text = text) },
};
export class Uri {
  private constructor(readonly fsPath: string) {}
  static file = (fsPath: string) => new Uri(fsPath);
  static joinPath = ({ fsPath }: Uri, ...parts: string[]) => new Uri(path.join(fsPath, ...parts));
}
export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void) => {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of this.listeners) listener(value);
  }
  dispose(): void {
    this.listeners.clear();
  }
}
export const QuickInputButtons = { Back: 'back' };
export class ThemeIcon {
  constructor(readonly id: string) {}
}
export const ProgressLocation = { Notification: 15 };
export const commands = {
  executeCommand: async (_command: string, ..._all: unknown[]): Promise<unknown> => undefined,
  getCommands: async (): Promise<string[]> => [],
};
export const ConfigurationTarget = { Global: 1 };
export class LanguageModelTextPart {
  constructor(readonly value: string) {}
}
export class LanguageModelThinkingPart {
  constructor(readonly value: string) {}
}
export class LanguageModelToolCallPart {
  constructor(
    readonly callId: string,
    readonly name: string,
    readonly input: object,
  ) {}
}
export class CancellationError extends Error {}
