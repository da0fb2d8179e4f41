import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSwitchStore, type SwitchMemory } from '../../../src/editor/connect/switchMemory';
import type { Editor } from '../../../src/editor/controller';
import { switchKey } from '../../../src/editor/cursorSwitch';
import { assertPrivate, itOnPosix, removeFolder } from '../../support/platform';
import { commands } from '../../support/vscode';

const TOGGLE = 'aiSettings.usingOpenAIKey.toggle';

describe("the switch of Cursor's key", () => {
  let folder = '';
  const { executeCommand, getCommands } = commands;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'switch-'));
    commands.getCommands = async () => [TOGGLE];
  });
  afterEach(() => {
    Object.assign(commands, { executeCommand, getCommands });
    removeFolder(folder);
  });
  const rig = () => {
    const store = createSwitchStore(folder);
    const view = { state: { cursorApp: { switchedOn: true } } };
    return { store, editor: { cursorSwitch: store, view } as unknown as Editor };
  };

  it('whose flip it is stands there before the flip, for every window that sees it', async () => {
    const { store, editor } = rig();
    let seen: SwitchMemory = {};
    commands.executeCommand = async () => {
      seen = store.read();
    };
    await switchKey(editor, false);
    assert.deepEqual([seen.ownModels, seen.pending?.to], [true, false]);
  });

  it('a flip that failed is taken back', async () => {
    const { store, editor } = rig();
    store.change({ keptOff: true });
    commands.executeCommand = async () => {
      throw new Error('no');
    };
    await assert.rejects(switchKey(editor, false), /no/);
    assert.deepEqual(store.read(), { keptOff: true });
  });

  itOnPosix('its memory is replaced whole, and nobody else may read it', 'an open file is not replaced', () => {
    const { store } = rig();
    store.change({ keptOff: true });
    const file = path.join(folder, 'cursor-switch.json');
    const reader = openSync(file, 'r');
    store.change({ keptOff: undefined, ownModels: true });
    assert.equal(readFileSync(reader, 'utf8'), '{"keptOff":true}');
    closeSync(reader);
    assertPrivate(file, 0o600);
  });
});
