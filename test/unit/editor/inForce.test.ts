import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { clientKeyCommands } from '../../../src/editor/commands/clientKeys';
import { importExportCommands } from '../../../src/editor/commands/importExport';
import { otherToolCommands } from '../../../src/editor/commands/otherTools';
import type { Editor } from '../../../src/editor/controller';
import { OTHER_TOOLS } from '../../../src/editor/otherTools';
import { env, Uri, window, written } from '../../support/vscode';

describe('a client key that is switched off', () => {
  const before = { ...window };
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    written.user.llmRouter = { clientKeys: [{ name: 'phone' }] };
    const chosen = ['phone', 'Switch Off'];
    window.showQuickPick = async (items) => {
      const label = chosen.shift();
      return ((await items) as { label: string }[]).find((item) => item.label === label);
    };
    window.showInformationMessage = async (text) => void said.push(String(text));
    window.showWarningMessage = async (text) => void said.push(String(text));
  });
  afterEach(() => {
    Object.assign(window, before);
    written.user = {};
  });

  const switchOff = async (applied: boolean) => {
    const editor = {
      keys: { get: async () => 'sk-phone-0123456789' },
      router: { keyStates: async () => [] },
      push: async () => applied,
    } as unknown as Editor;
    await clientKeyCommands(editor).manageClientKeys();
    assert.deepEqual(written.user['llmRouter.clientKeys'], [{ name: 'phone', enabled: false }]);
  };

  it('is told as that once it is in force', async () => {
    await switchOff(true);
    assert.deepEqual(said, ['The key phone is switched off.']);
  });

  it('is not told as that while the last good settings stay in force', async () => {
    await switchOff(false);
    assert.equal(said.length, 1);
    assert.match(said[0]!, /NOT in force/);
  });
});

describe('what a command writes while the last good settings stay in force', () => {
  const before = { ...window };
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    written.user.llmRouter = {};
    window.showInformationMessage = async (text) => void said.push(String(text));
    window.showWarningMessage = async (text) => void said.push(String(text));
  });
  afterEach(() => {
    Object.assign(window, before);
    written.user = {};
    env.clipboard.text = '';
  });
  const isTold = () => {
    assert.equal(said.length, 1);
    assert.match(said[0]!, /NOT in force/);
  };

  it('is not told as imported', async () => {
    const item = { kind: 'setting', name: 'port', value: 4000, what: 'taken', replaces: false };
    window.showOpenDialog = async () => [Uri.file(fileURLToPath(import.meta.url))];
    window.showQuickPick = async (items) => items;
    const editor = {
      router: { previewImport: async () => ({ format: 'own', usable: true, items: [item], left: [] }) },
      push: async () => false,
    } as unknown as Editor;
    await importExportCommands(editor, async () => undefined).importConfiguration();
    assert.equal(written.user['llmRouter.port'], 4000);
    isTold();
  });

  it('is not handed to another tool as its key', async () => {
    const chosen = [OTHER_TOOLS[0]!.name, 'demo/echo'];
    window.showQuickPick = async (items) => {
      const all = (await items) as (string | { label: string })[];
      const wanted = chosen.shift();
      return all.find((item) => item === wanted || (item as { label: string }).label === wanted);
    };
    const editor = {
      view: {
        process: { name: 'connected' },
        state: { phase: 'running', localUrl: 'http://127.0.0.1:4000/v1', tunnel: { state: 'off' } },
      },
      keys: { get: async () => undefined, set: async () => undefined },
      router: { models: async () => [] },
      push: async () => false,
    } as unknown as Editor;
    await otherToolCommands(editor).useInOtherTool();
    isTold();
    assert.equal(env.clipboard.text, '');
  });
});
