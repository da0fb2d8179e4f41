import assert from 'node:assert/strict';
import { baseUrlAnswer, tunnelTrouble } from '../../../src/editor/stateMessages';
import { statusText } from '../../../src/editor/statusText';
import type { View } from '../../../src/editor/view';
import { catalogue, clock } from '../../../src/said';
import { say } from '../../../src/tunnel/sentences';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

describe('sentences as codes', () => {
  it('a sentence is a code, its values and the English of it', () => {
    const room = catalogue('room', {
      plain: 'As it is.',
      with: (name: string, count: number) => `${count} × ${name}.`,
    });
    assert.deepEqual(room.plain, { code: 'room.plain', values: [], text: 'As it is.' });
    assert.deepEqual(room.with('tea', 2), { code: 'room.with', values: ['tea', 2], text: '2 × tea.' });
  });

  it('a sentence in a sentence travels whole', () => {
    const said = say.andNextTry(say.noConnection('ngrok'), 0);
    assert.equal(said.code, 'tunnel.andNextTry');
    assert.deepEqual(JSON.parse(JSON.stringify(said.values)), [
      { code: 'tunnel.noConnection', values: ['ngrok'], text: say.noConnection('ngrok').text },
      0,
    ]);
    assert.ok(said.text.startsWith(say.noConnection('ngrok').text));
  });

  it('of a tunnel are told in the language of the editor, times in them, too', async () => {
    const at = new Date(2026, 0, 1, 14, 5).getTime();
    const says = say.andNextTry(say.noConnection(say.thePublicUrl), at);
    const tunnel: TunnelStatus = { state: 'error', provider: 'custom', since: at, message: says.text, says };
    const state = { phase: 'running', tunnel: overThePipe(tunnel), backends: [], problems: [] };
    const view = { link: 'connected', models: [], state } as unknown as View;
    await inLanguage(JAPANESE, () => {
      const told = tunnelTrouble(overThePipe(tunnel))?.text ?? '';
      assert.match(told, /^公開 URL が接続しませんでした。/);
      assert.ok(told.endsWith(`次の試行は ${clock(at)} です。`), told);
      assert.equal(baseUrlAnswer(view).message.text, told);
      assert.ok(statusText(view).tooltip.includes('次の試行は 14:05'));
    });
    assert.equal(
      tunnelTrouble({ state: 'error', provider: 'custom', since: at, message: says.text })?.text,
      says.text,
      'a router of another version',
    );
  });

  it('of an older router, which has no codes, stay as they are in every language', async () => {
    await inLanguage(JAPANESE, () => {
      const message = 'Something of long ago.';
      assert.equal(tunnelTrouble({ state: 'error', provider: 'ngrok', since: 0, message })?.text, message);
    });
  });
});
