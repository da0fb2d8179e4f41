import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExtensionContext, LogOutputChannel } from 'vscode';
import { createEditor } from '../../../src/editor/controller';
import { removeFolder } from '../../support/platform';

describe('the view of a window', () => {
  it('is made once a change, not each time it is asked for; the switch’s memory is such a change', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'controller-'));
    const editor = createEditor(
      {
        globalStorageUri: { fsPath: folder },
        globalState: { get: () => undefined, update: async () => undefined },
        secrets: { onDidChange: () => ({ dispose() {} }) },
        asAbsolutePath: (file: string) => file,
      } as unknown as ExtensionContext,
      {} as LogOutputChannel,
    );
    try {
      const first = editor.view;
      assert.equal(editor.view, first);
      const told: unknown[] = [];
      editor.onDidChangeView((view) => told.push(view));
      editor.cursorSwitch.change({ ownModels: true });
      assert.equal(told.length, 1);
      assert.ok(told[0] === editor.view && told[0] !== first);
    } finally {
      editor.dispose();
      removeFolder(folder);
    }
  });
});
