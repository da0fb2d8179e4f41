/** The few parts of the editor's API that unit tests of `src/editor/` need; `import 'vscode'` means this file there. */

/** What stands in a person's settings and in those of the folder that is open. */
export const written: { user: Record<string, unknown>; workspace: Record<string, unknown> } = {
  user: {},
  workspace: {},
};

export const workspace = {
  getConfiguration: (section = '') => {
    const at = (values: Record<string, unknown>, key: string) => values[[section, key].filter(Boolean).join('.')];
    return {
      get: (key: string) => at(written.workspace, key) ?? at(written.user, key),
      inspect: (key: string) => ({
        key,
        globalValue: at(written.user, key),
        workspaceValue: at(written.workspace, key),
      }),
    };
  },
};
export const l10n = {
  t: (template: string, ...values: (string | number)[]) =>
    template.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)])),
};
export const window: Record<string, (...all: unknown[]) => Promise<unknown>> = {
  showInformationMessage: async () => undefined,
  showWarningMessage: async () => undefined,
  showErrorMessage: async () => undefined,
};
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
