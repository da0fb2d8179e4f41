import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ExtensionContext, LogOutputChannel } from 'vscode';
import { createEditor } from '../../../src/editor/controller';
import type { RouterClient } from '../../../src/process/client';
import type { ConfigPush } from '../../../src/process/contract';
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

describe('a window whose storage is not whole', () => {
  const folders: string[] = [];
  const editors: ReturnType<typeof createEditor>[] = [];
  afterEach(() => {
    for (const editor of editors.splice(0)) editor.dispose();
    for (const folder of folders.splice(0)) removeFolder(folder);
  });

  /** Its data folder cannot be made: part of the path is a file. */
  function rig(stored: Record<string, string> = {}) {
    const folder = mkdtempSync(path.join(tmpdir(), 'controller-'));
    folders.push(folder);
    writeFileSync(path.join(folder, 'file'), '');
    const warned: string[] = [];
    const log = { warn: (line: string) => warned.push(line), error() {}, debug() {} };
    const editor = createEditor(
      {
        globalStorageUri: { fsPath: path.join(folder, 'file', 'data') },
        globalState: { get: () => undefined, update: async () => undefined },
        secrets: {
          get: async (name: string) => stored[name],
          store: async (name: string, value: string) => void (stored[name] = value),
          delete: async () => undefined,
          onDidChange: () => ({ dispose() {} }),
        },
        asAbsolutePath: (file: string) => file,
      } as unknown as ExtensionContext,
      log as unknown as LogOutputChannel,
    );
    editors.push(editor);
    const asked: string[] = [];
    const pushed: ConfigPush[] = [];
    Object.assign(editor.router as { -readonly [Name in keyof RouterClient]: RouterClient[Name] }, {
      start: async () => asked.push('start'),
      stop: async () => asked.push('stop'),
      pushConfig: async (push: ConfigPush) => {
        pushed.push(push);
        return { applied: true, problems: [] };
      },
    });
    return { editor, asked, pushed, warned };
  }

  it('sends the keys of every installation although the list of names is lost', async () => {
    const { editor, pushed } = rig({
      'llmRouter.keys': 'torn',
      'llmRouter.key.client:main': 'sk-main-0123456789',
      'llmRouter.key.memory:key': 'memory',
      'llmRouter.key.tunnel:ngrok': 'token',
    });
    assert.equal(await editor.push(), true);
    assert.deepEqual(pushed[0]?.secrets, {
      'client:main': 'sk-main-0123456789',
      'memory:key': 'memory',
      'tunnel:ngrok': 'token',
    });
  });

  it('says of settings that were refused, or reached no router, that they are not in force', async () => {
    const { editor } = rig();
    Object.assign(editor.router, { pushConfig: async () => ({ applied: false, reason: 'invalid', problems: [] }) });
    assert.equal(await editor.push(), false);
    Object.assign(editor.router, { pushConfig: () => Promise.reject(new Error('not reached')) });
    assert.equal(await editor.push(), false);
  });

  it('Stop ends the router although it cannot be kept for windows that open later, and that is said', async () => {
    const { editor, asked } = rig();
    await assert.rejects(editor.stop(), /The router is stopped, but .* a window that opens later starts it/);
    assert.deepEqual(asked, ['stop']);
  });

  it('a note of a Stop that cannot be taken away holds up no Start', async () => {
    const { editor, asked } = rig();
    await editor.start();
    assert.deepEqual(asked, ['start']);
  });

  it('what was answered about the switch of Cursor’s key holds where it cannot be kept', () => {
    const { editor, warned } = rig();
    editor.cursorSwitch.change({ keptOff: true });
    editor.cursorSwitch.change({ offAt: 7 });
    assert.deepEqual(editor.cursorSwitch.read(), { keptOff: true, offAt: 7 });
    assert.equal(warned.length, 2);
  });
});
