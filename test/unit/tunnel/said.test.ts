import assert from 'node:assert/strict';
import { baseUrlAnswer, tunnelTrouble } from '../../../src/editor/stateMessages';
import { statusText } from '../../../src/editor/statusText';
import type { View } from '../../../src/editor/view';
import { inWords, reasonOf } from '../../../src/editor/words';
import { type Network, NetworkError } from '../../../src/network/httpsClient';
import { BadProxy } from '../../../src/network/proxyLaw';
import { say as network } from '../../../src/network/sentences';
import { catalogue, clock } from '../../../src/said';
import { requestQuickTunnel } from '../../../src/tunnel/cloudflared/quickService';
import { say } from '../../../src/tunnel/sentences';
import type { StateFile } from '../../../src/tunnel/stateFile';
import type { TunnelStatus } from '../../../src/tunnel/tunnel';
import { realWorld } from '../../../src/tunnel/world';
import { networkSaid } from '../../../src/upstream/networkErrors';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const askQuick = (request: Network['request']): Promise<unknown> =>
  requestQuickTunnel({
    network: { request, open: () => Promise.reject(new Error('unused')), proxyFor: () => undefined },
    state: { value: {}, update: () => undefined } as unknown as StateFile,
    clock: realWorld().clock,
    version: '2026.8.2',
    asked: true,
    signal: new AbortController().signal,
  });

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

  it('what a quick tunnel was refused with is said with its reason', async () => {
    const answers: [string, string][] = [
      ['error code: 1101', 'エラー 1101'],
      [JSON.stringify({ success: false, errors: [{ code: 7, message: 'Not today' }] }), 'エラー 7 Not today'],
      [JSON.stringify({ success: true }), '応答に認証情報がありません'],
      ['<html>', 'HTTP 500'],
    ];
    for (const [body, reason] of answers) {
      const failure: unknown = await askQuick(async () => ({ status: 500, headers: {}, body })).catch((error) => error);
      await inLanguage(JAPANESE, () => {
        const told = reasonOf(failure);
        assert.ok(told.startsWith(`Cloudflare がトンネルを作りませんでした (${reason})。`), told);
      });
    }
    const unreached: unknown = await askQuick(async () => {
      throw new NetworkError(network.unreached('api.trycloudflare.com', network.closed));
    }).catch((error) => error);
    await inLanguage(JAPANESE, () =>
      assert.match(
        reasonOf(unreached),
        /^api\.trycloudflare\.com に届きませんでした: 接続が閉じられました。 ネットワーク/,
      ),
    );
  });

  it('why nothing is run from a folder that others may write in is said within it', async () => {
    const said = say.folderNotTrusted(network.groupWritesIn('/data'), 'chmod g-w /data');
    assert.match(said.text, /^No program is run from the data folder, since its group may write in \/data\. Mend it/);
    await inLanguage(JAPANESE, () =>
      assert.match(inWords(overThePipe(said)), /^そのグループが \/data に書き込めるため、/),
    );
  });

  it('a proxy setting that is none says so in a backend’s failure as in a tunnel’s', async () => {
    const failure = networkSaid(new BadProxy('ALL_PROXY', true), 'acme', false);
    assert.match(
      failure.text,
      /^acme could not be reached: the proxy setting is not .*: ALL_PROXY names a SOCKS proxy\./,
    );
    await inLanguage(JAPANESE, () =>
      assert.match(inWords(overThePipe(failure)), /ALL_PROXY が SOCKS プロキシを指しています/),
    );
  });

  it('of an older router, which has no codes, stay as they are in every language', async () => {
    await inLanguage(JAPANESE, () => {
      const message = 'Something of long ago.';
      assert.equal(tunnelTrouble({ state: 'error', provider: 'ngrok', since: 0, message })?.text, message);
    });
  });
});
