/** Why the router process is not there is a code and values too, and the editor says it in its language. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { say as editor } from '../../../src/editor/sentences';
import { baseUrlAnswer, keyMessage } from '../../../src/editor/stateMessages';
import { statusText } from '../../../src/editor/statusText';
import type { View } from '../../../src/editor/view';
import { inWords, reasonOf } from '../../../src/editor/words';
import { createCursorSightings } from '../../../src/process/cursorSighting';
import { reachRouter } from '../../../src/process/reach';
import { installSecret, openRuntimeDir } from '../../../src/process/runtimeDir';
import { say } from '../../../src/process/sentences';
import { takeTicket } from '../../../src/process/startTicket';
import { PortTaken } from '../../../src/server/listener';
import { say as server } from '../../../src/server/sentences';
import { found } from '../../../src/troubles/found';
import { inLanguage, JAPANESE } from '../../support/otherLanguage';

describe('the router process, in sentences with codes', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'says-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('a start that failed is told so in the window that tried, and in those that waited for it', async () => {
    const dir = await openRuntimeDir(dataDir);
    const reached = await reachRouter({
      dir,
      secret: await installSecret(dataDir),
      version: '1.0.0',
      spawn() {
        throw new Error('spawn ENOENT');
      },
      mayStart: true,
      startTimeout: 1_000,
      onStarting: () => undefined,
      signal: new AbortController().signal,
    });
    assert.ok(reached.kind === 'failed');
    assert.equal(reached.message, 'The router process could not be started: spawn ENOENT.');
    assert.deepEqual([reached.says?.code, reached.says?.values], ['process.notStarted', ['spawn ENOENT']]);
    const own = await takeTicket(dir, 7, 60_000);
    const waiting = await takeTicket(dir, 7, 60_000);
    assert.ok(own.kind === 'mine' && waiting.kind === 'theirs');
    await own.fail({ message: say.silentStart(20).text, says: say.silentStart(20), final: true });
    assert.deepEqual((await waiting.failure())?.says?.code, 'process.silentStart');
  });

  it('is shown in the language of the editor wherever a window says why there is none', async () => {
    const why = say.givenUp(say.endedAtStartSaying(say.exitCode('3'), 'Error: boom'), 5);
    const failed: View = { link: 'failed', message: why, models: [] };
    assert.match(statusText(failed).tooltip, /exit code 3/);
    await inLanguage(JAPANESE, () => {
      assert.match(statusText(failed).tooltip, /開始時に終了しました \\\(終了コード 3\\\): Error: boom 2 分間に 5 回/);
      assert.match(baseUrlAnswer(failed).message.text, /^ルーターが動いていません。ルーターのプロセスが開始時に/);
      const waiting: View = { link: 'connecting', message: say.ended, models: [] };
      assert.match(baseUrlAnswer(waiting).message.text, /プロセスが予期せず終了しました。$/);
      assert.match(statusText(waiting).tooltip, /プロセスが予期せず終了しました。/);
    });
  });

  it('a folder that cannot be used says why within its sentence', async () => {
    const file = path.join(dataDir, 'file');
    writeFileSync(file, '');
    const error: unknown = await openRuntimeDir(path.join(file, 'below')).catch((one: unknown) => one);
    assert.match(String(error), /a part of the path is a file\. Repair or remove that folder/);
    await inLanguage(JAPANESE, () => assert.match(reasonOf(error), /使えません: パスの一部がファイルです。/));
  });

  it('the secret storage of the editor and a lost key, too', async () => {
    const lost: View = { link: 'off', models: [], keyTrouble: editor.keyLost, keyLost: true };
    assert.match(keyMessage(lost)?.text ?? '', /^The API key that Cursor has is GONE/);
    await inLanguage(JAPANESE, () => {
      assert.match(keyMessage(lost)?.text ?? '', /シークレット ストレージから消えています/);
      assert.match(statusText(lost).tooltip, /シークレット ストレージから消えています/);
    });
  });

  it('a port that is taken, and why a call of Cursor was refused', async () => {
    const taken = new PortTaken(8080, 'EADDRINUSE');
    assert.equal(
      taken.message,
      'Port 8080 is already in use. Choose another one with --port or the setting llmRouter.port.',
    );
    const sightings = createCursorSightings({ dataDir, now: Date.now, log: () => undefined });
    sightings.saw('a.example', server.wrongKeySince(server.clientKeyIsProviders('phone')));
    const cursor = sightings.last(new Set());
    await sightings.close();
    assert.match(cursor?.lastRefusal ?? '', /^This API key is wrong: The client key "phone" is a provider's key, too/);
    const [trouble] = found({
      router: { tunnel: { state: 'online', provider: 'custom', since: 0 }, problems: [], backends: [], cursor },
    });
    assert.ok(trouble?.kind === 'callRefused' && typeof trouble.why === 'object');
    await inLanguage(JAPANESE, () => {
      assert.equal(
        reasonOf(taken),
        'ポート 8080 はすでに使われています。--port か設定 llmRouter.port で別のポートを選んでください。',
      );
      assert.match(inWords(trouble.why), /^この API キーは正しくありません: クライアント キー「phone」/);
    });
  });
});
