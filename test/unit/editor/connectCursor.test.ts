import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { connectCommands } from '../../../src/editor/commands/connectCursor';
import type { Editor } from '../../../src/editor/controller';
import type { View } from '../../../src/editor/view';
import { cursorAppState } from '../../../src/troubles/cursor';
import { commands, env, window } from '../../support/vscode';

type Item = { label: string };

/** A list as the editor shows it, and a person before it. */
class List {
  title = '';
  items: Item[] = [];
  selectedItems: Item[] = [];
  buttons: unknown[] = [];
  private readonly listeners: Record<string, () => void> = {};
  private readonly on = (name: string) => (listener: () => void) => {
    this.listeners[name] = listener;
    return { dispose() {} };
  };
  onDidAccept = this.on('accept');
  onDidHide = this.on('hide');
  onDidTriggerButton = this.on('back');
  show() {}
  dispose() {}
  get labels() {
    return this.items.map(({ label }) => label);
  }
  async choose(label: string) {
    this.selectedItems = this.items.filter((item) => item.label === label);
    assert.equal(this.selectedItems.length, 1, `${label} of ${this.labels}`);
    await this.does('accept');
  }
  async does(what: 'accept' | 'hide' | 'back') {
    this.listeners[what]!();
    for (let n = 0; n < 5; n++) await turn();
  }
}

const holds = (held: object) =>
  cursorAppState(
    { baseUrl: 'https://a.example/v1', switchedOn: true, models: [], key: 'ours', ...held } as Parameters<
      typeof cursorAppState
    >[0],
    { hosts: new Set(['a.example']), serves: (name: string) => name === 'fast', seen: true },
  );

function rig(state: object, key = 'sk-main') {
  const lists: List[] = [];
  const ran: string[] = [];
  const written: unknown[] = [];
  const view = {
    link: 'connected',
    models: [],
    state: {
      phase: 'running',
      publicUrl: 'https://a.example/v1',
      tunnel: { state: 'online', provider: 'cloudflared' },
      backends: [],
      problems: [],
      cursorWrite: { able: true, undoable: true },
      ...state,
    },
  } as unknown as View;
  let looks = (): void => undefined;
  window.createQuickPick = () => lists[lists.push(new List()) - 1]!;
  commands.executeCommand = async (command) => void ran.push(command);
  const silent = () => () => undefined;
  const editor = {
    view,
    keys: { get: async () => key },
    context: { globalStorageUri: { fsPath: '/data' } },
    onDidChangeView: (look: () => void) => {
      looks = look;
      return { dispose() {} };
    },
    router: {
      models: async () => ['fast'],
      onRequest: silent,
      writeCursor: async (one: unknown) => void written.push(one),
    },
  } as unknown as Editor;
  const ended = connectCommands(editor).connectCursor();
  const settle = async () => {
    for (let n = 0; n < 5; n++) await turn();
  };
  return { lists, ran, written, view, ended, settle, look: () => looks() };
}

describe('Connect Cursor', () => {
  const before = { ...window };
  const { executeCommand } = commands;
  let asked: unknown[] = [];
  beforeEach(() => {
    asked = [];
    window.showWarningMessage = async (text) => {
      asked.push(text);
      return 'Restart Cursor';
    };
  });
  afterEach(() => {
    Object.assign(window, before);
    commands.executeCommand = executeCommand;
  });

  for (const [step, state, list] of [
    ['the URL', { cursorApp: holds({ baseUrl: undefined }) }, 0],
    ['the key, once the URL stands there', { cursorApp: holds({ key: 'none' }) }, 0],
    ['the wait, once all of it stands there', { cursorApp: holds({ models: ['fast'] }) }, 0],
    ['the wait for a URL', { publicUrl: undefined, tunnel: { state: 'connecting', provider: 'cloudflared' } }, 0],
  ] as const)
    it(`what was written can be put back at ${step}`, async () => {
      const r = rig(state);
      await r.settle();
      await r.lists[list]!.choose('Put It Back: Restart Cursor');
      await r.ended;
      assert.deepEqual(r.written, [{ undo: true }]);
      assert.deepEqual(r.ran, ['workbench.action.quit']);
    });

  it('nothing is offered to be put back where nothing is kept', async () => {
    const r = rig({ cursorApp: holds({ key: 'none' }), cursorWrite: { able: true, undoable: false } });
    await r.settle();
    assert.ok(!r.lists[0]!.labels.some((label) => /Put It Back|Do It for Me/.test(label)));
    await r.lists[0]!.does('hide');
    await r.ended;
  });

  it('Escape at the list of models leaves where there is no step to go back to', async () => {
    let shown = 0;
    window.showQuickPick = async () => {
      if (++shown > 3) throw new Error('asked again and again');
      return undefined;
    };
    const r = rig({ cursorApp: holds({}) });
    await r.ended;
    assert.equal(shown, 1);
  });

  it('Back goes to the last step that is not done, and is not there without one', async () => {
    window.showQuickPick = async () => ({ label: 'fast' });
    const r = rig({ cursorApp: holds({ baseUrl: undefined, key: 'none' }) });
    await r.settle();
    await r.lists[0]!.choose('Next');
    await r.lists[1]!.choose('Next');
    assert.deepEqual([env.clipboard.text, r.lists[2]!.buttons.length], ['fast', 1]);
    await r.lists[2]!.does('back');
    assert.equal(env.clipboard.text, 'sk-main');
    Object.assign(r.view.state!, { cursorApp: holds({}) });
    r.look();
    await r.settle();
    const model = r.lists[4]!;
    assert.deepEqual([env.clipboard.text, model.buttons.length], ['fast', 0]);
    await model.does('hide');
    await r.ended;
  });

  it('after Set Up Tunnel it waits on for the URL', async () => {
    const tunnel = { state: 'connecting', provider: 'cloudflared' };
    const r = rig({ tunnel, cursorApp: holds({ baseUrl: undefined }) });
    await r.settle();
    await r.lists[0]!.choose('Set Up Tunnel…');
    assert.equal(r.lists.length, 2);
    tunnel.state = 'online';
    r.look();
    await r.settle();
    assert.equal(env.clipboard.text, 'https://a.example/v1');
    await r.lists[2]!.does('hide');
    await r.ended;
  });

  it('the wait for a URL ends with the router, and that is said', async () => {
    const said: unknown[] = [];
    window.showInformationMessage = async (text) => void said.push(text);
    const r = rig({ tunnel: { state: 'connecting', provider: 'cloudflared' } });
    await r.settle();
    Object.assign(r.view, { link: 'off' });
    r.look();
    await r.ended;
    assert.match(String(said), /not running, so there is nothing to connect to/);
  });

  it('a URL that went away while the list stood open is waited for, not left without a word', async () => {
    const tunnel = { state: 'online', provider: 'cloudflared' };
    const r = rig({ tunnel, cursorApp: holds({ baseUrl: undefined }) });
    await r.settle();
    tunnel.state = 'reconnecting';
    await r.lists[0]!.choose('Copy Again');
    assert.match(r.lists[1]!.title, /waiting for the public URL/);
    tunnel.state = 'online';
    r.look();
    await r.settle();
    assert.equal(env.clipboard.text, 'https://a.example/v1');
    await r.lists[2]!.does('hide');
    await r.ended;
  });

  it('a router that ended while the list stood open is told of', async () => {
    const said: unknown[] = [];
    window.showInformationMessage = async (text) => void said.push(text);
    const r = rig({ cursorApp: holds({ baseUrl: undefined }) });
    await r.settle();
    Object.assign(r.view, { link: 'off' });
    await r.lists[0]!.choose('Copy Again');
    await r.ended;
    assert.equal(said.length, 1);
    assert.match(String(said), /not running, so there is nothing to connect to/);
  });

  it('a key that is gone ends it with the reason', async () => {
    const r = rig({ cursorApp: holds({ key: 'none' }) }, '');
    await r.ended;
    assert.match(String(asked), /There is no API key yet/);
  });
});
