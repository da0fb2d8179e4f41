import assert from 'node:assert/strict';
import { clientKeyCommands } from '../../../src/editor/commands/clientKeys';
import type { Editor } from '../../../src/editor/controller';
import { window, written } from '../../support/vscode';

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
