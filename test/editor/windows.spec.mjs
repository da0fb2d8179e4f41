// Two windows, one router: what reload, close, crash and kill -9 of hosts and router must not interrupt.
import assert from 'node:assert/strict';
import { joinEditor, pictureOfFailure } from './editor.mjs';
import { routersOf } from './processes.mjs';
import { isAlive, until } from './server.mjs';
import { KEY, startUpstream } from './upstream.mjs';

describe('two windows and one router', () => {
  let editor;
  let upstream;
  let a;
  let b;
  let baseUrl;
  let clientKey;
  let router;

  before(async () => {
    upstream = await startUpstream({ key: KEY });
    editor = await joinEditor('windows', {
      settings: {
        'llmRouter.tunnel.provider': 'none',
        // Longer than a reload takes on a busy machine.
        'llmRouter.lingerSeconds': 40,
        'llmRouter.backends': [{ name: 'loop', baseUrl: upstream.url, apiKeyEnv: 'LOOP_TOKEN' }],
      },
    });
    // The first window makes the keys: in a browser-hosted editor an open window does not see what another one stores.
    a = await editor.begin('one');
    await a.statusShows(/local only/);
    clientKey = await a.copied('llmRouter.copyApiKey', /^sk-/);
    await a.close();
    process.kill(routersOf(editor.server)[0], 'SIGKILL');
    // Both at the same moment, over what the killed router left behind: who starts the next one does not matter.
    [a, b] = await Promise.all([editor.open('one'), editor.open('two')]);
    await Promise.all([a.statusShows(/local only/), b.statusShows(/local only/)]);
    [router] = routersOf(editor.server);
    assert.equal(await a.copied('llmRouter.copyApiKey', /^sk-/), clientKey);
    await a.exec((vscode) => void vscode.commands.executeCommand('llmRouter.copyBaseUrl'));
    await a.toastButton('switched off', 'Copy Local URL').click();
    baseUrl = await a.clipboard(/^http:/);
  });
  after(() => upstream?.close());
  afterEach(async function () {
    await pictureOfFailure(this.currentTest, editor, a);
  });

  const ask = (body) =>
    fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'loop/model-a', messages: [{ role: 'user', content: 'hello' }], ...body }),
    });

  /** Runs `disturb` in the middle of a stream; every byte the upstream sent must arrive, from the same router process. */
  async function throughAStream(disturb) {
    const response = await ask({ stream: true });
    assert.equal(response.status, 200);
    const received = response.text();
    const stream = await until(() => upstream.streams.at(-1), 'the stream upstream');
    await until(() => stream.sent.length > 2_000, 'a running stream');
    await disturb();
    assert.equal(stream.closed, false, 'the stream was cut');
    const before = stream.sent.length;
    await until(() => stream.sent.length > before + 2_000, 'the stream to go on');
    stream.end();
    assert.equal(await received, stream.sent);
    assert.deepEqual(routersOf(editor.server), [router]);
  }
  const hostOf = async (window) => (await window.host()).pid;

  it('start exactly one router process, however many windows there are', async () => {
    assert.equal(routersOf(editor.server).length, 1);
    assert.notEqual(await hostOf(a), await hostOf(b));
  });

  it('survive Reload Window with a running stream', async () => {
    const old = await hostOf(a);
    await throughAStream(async () => {
      await a.page.reload();
      await until(() => !isAlive(old), 'the end of the old host');
      await a.statusShows(/local only/);
    });
  });

  it('survive kill -9 of an extension host with a running stream', async () => {
    const old = await hostOf(a);
    await throughAStream(async () => {
      process.kill(old, 'SIGKILL');
      await until(async () => !isAlive(old) && (await hostOf(a)) !== old, 'a new host');
      await a.statusShows(/local only/);
    });
  });

  it('survive a crashed renderer with a running stream', async () => {
    const old = await hostOf(b);
    await throughAStream(async () => {
      await b.crash();
      await until(() => !isAlive(old), 'the end of the host after its grace time', 60_000);
    });
    await b.close().catch(() => {});
    b = await editor.open('two');
    await b.statusShows(/local only/);
  });

  it('show Stop and Start of one window in the other', async () => {
    await b.exec((vscode) => vscode.commands.executeCommand('llmRouter.stopRouter'));
    await Promise.all([a.statusShows(/stopped/), b.statusShows(/stopped/)]);
    await assert.rejects(ask({}));
    await a.exec((vscode) => vscode.commands.executeCommand('llmRouter.startRouter'));
    await Promise.all([a.statusShows(/local only/), b.statusShows(/local only/)]);
    assert.equal((await ask({})).status, 200);
    assert.deepEqual(routersOf(editor.server), [router]);
  });

  it('bring the router back after kill -9: one process, same port, same key, same settings', async () => {
    const killed = Date.now();
    process.kill(router, 'SIGKILL');
    await until(async () => (await ask({}).catch(() => undefined))?.status === 200, 'the router to answer again');
    console.log(`      answered again ${Date.now() - killed} ms after kill -9`);
    await Promise.all([a.statusShows(/local only/), b.statusShows(/local only/)]);
    const [again, ...more] = routersOf(editor.server);
    assert.deepEqual(more, []);
    assert.notEqual(again, router);
    router = again;
    await a.page.bringToFront();
    await a.status.hover();
    await a.page.locator('.workbench-hover-container', { hasText: 'started again at' }).waitFor({ timeout: 20_000 });
    await a.page.mouse.move(600, 300);
  });

  it('survive a closed window with a running stream', async () => {
    const old = await hostOf(b);
    await throughAStream(async () => {
      await b.close();
      await until(() => !isAlive(old), 'the end of the host');
    });
  });

  it('keep the router for a reload of the last window', async () => {
    await throughAStream(async () => {
      await a.page.reload();
      await a.statusShows(/local only/);
    });
  });

  it('end the router when the last window has gone, and nothing stays behind', async () => {
    await a.close();
    await until(() => routersOf(editor.server).length === 0, 'the end of the router process', 75_000);
  });
});
