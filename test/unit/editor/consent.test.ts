import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createConsent } from '../../../src/editor/consent';
import type { Editor } from '../../../src/editor/controller';
import { window, workspace, written } from '../../support/vscode';

/** The question answered once; what is remembered of it, and what was said. */
async function answered(button: string): Promise<{ choice: unknown; said: unknown[] }> {
  const memento = new Map<string, unknown>();
  const said: unknown[] = [];
  let look = (): void => undefined;
  window.showInformationMessage = async () => button;
  window.showErrorMessage = async (text) => void said.push(text);
  const consent = createConsent({
    view: { link: 'connected', state: { phase: 'running', tunnel: { needsBinary: true } } },
    context: {
      globalState: {
        get: (key: string) => memento.get(key),
        update: async (key: string, value: unknown) => void memento.set(key, value),
      },
    },
    onDidChangeView: (listener: () => void) => {
      look = listener;
      return { dispose() {} };
    },
  } as unknown as Editor);
  look();
  for (let n = 0; n < 10; n++) await turn();
  consent.dispose();
  return { choice: memento.get('cloudflaredChoice'), said };
}

describe('the question about cloudflared', () => {
  const { getConfiguration } = workspace;
  const { showInformationMessage, showErrorMessage, showOpenDialog } = window;
  afterEach(() => {
    workspace.getConfiguration = getConfiguration;
    Object.assign(window, { showInformationMessage, showErrorMessage, showOpenDialog });
    written.user = {};
  });

  it('Local Only is remembered once the setting is written', async () => {
    assert.equal((await answered('Local Only')).choice, 'local');
    assert.equal(written.user['llmRouter.tunnel.provider'], 'none');
  });

  it('a setting that could not be written is said, and Local Only is not remembered', async () => {
    workspace.getConfiguration = (section) => ({
      ...getConfiguration(section),
      update: async () => {
        throw new Error('The settings have errors.');
      },
    });
    const { choice, said } = await answered('Local Only');
    assert.equal(choice, 'later');
    assert.deepEqual(said, ['The settings have errors.']);
  });

  it('a program that was not chosen after all is not remembered as chosen', async () => {
    assert.equal((await answered('Choose Binary…')).choice, 'later');
    window.showOpenDialog = async () => [{ fsPath: '/opt/cloudflared' }];
    assert.equal((await answered('Choose Binary…')).choice, 'binary');
    assert.equal(written.user['llmRouter.tunnel.binary'], '/opt/cloudflared');
  });
});
