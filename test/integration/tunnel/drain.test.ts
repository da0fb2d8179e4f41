/** A drain is a drain, through the tunnel as well: a real stream through the public side of the made-up cloud. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { isAlive } from '../../../src/system/processes';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { type FakeCloud, startFakeCloud } from '../../support/fakeCloudflared';
import { itOnPosix } from '../../support/platform';
import { type Program, startProgram, tempFolder } from '../../support/program';
import { assertEnded } from '../../support/tunnelHarness';
import { chunk, DONE, startUpstream, type Upstream } from '../../support/upstream';

const SIGNAL = 'a signal on Windows is the end at once';
const KEY = 'sk-drain-0123456789abcdef0123456789';

describe('a router that ends while an answer runs through its tunnel', () => {
  let cloud: FakeCloud;
  let upstream: Upstream;
  let temp: ReturnType<typeof tempFolder>;
  let program: Program;
  let publicUrl: URL;
  /** Lets the upstream finish its answer. */
  let go: () => void;

  before(async () => {
    cloud = await startFakeCloud();
    upstream = await startUpstream((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'before ' }));
      go = () => response.end(chunk({ content: 'after' }) + chunk({}, 'stop') + DONE);
    });
  });
  after(async () => {
    await cloud.stop();
    await upstream.stop();
  });
  beforeEach(async () => {
    temp = tempFolder();
    writeFileSync(
      path.join(temp.folder, 'llm-router.json'),
      JSON.stringify({ backends: [{ name: 'lab', baseUrl: `${upstream.url}/v1` }] }),
    );
    program = startProgram(['--json', '--port', '0', '--data-dir', dataDir()], {
      cwd: temp.folder,
      env: { ...cloud.env, LLMROUTER_API_KEY: KEY },
    });
    const online = await program.event(({ event, state }) => event === 'tunnel' && state === 'online');
    publicUrl = new URL(String(online.publicUrl));
  });
  afterEach(async () => {
    program.child.kill('SIGKILL');
    await program.exited;
    const left = openStateFile(dataDir()).value.running;
    if (left && isAlive(left.pid)) process.kill(left.pid, 'SIGKILL');
    temp.remove();
  });
  const dataDir = () => path.join(temp.folder, 'data');

  /** As Cursor's servers ask: resolves with the status as soon as there is one, and with the text at the end. */
  async function ask(key = KEY): Promise<{ status: number; text: Promise<string>; first: Promise<void> }> {
    const proxy = net.connect(Number(new URL(cloud.internet.proxyUrl).port), '127.0.0.1');
    proxy.write('CONNECT trycloudflare.com:443 HTTP/1.1\r\nHost: trycloudflare.com:443\r\n\r\n');
    await new Promise((resolve) => proxy.once('data', resolve));
    const socket = tls.connect({
      socket: proxy,
      servername: publicUrl.hostname,
      ca: cloud.internet.certificates.ca,
    });
    const headers = {
      host: publicUrl.hostname,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
    };
    return new Promise((resolve, reject) => {
      const request = https.request(
        { createConnection: () => socket, method: 'POST', path: '/v1/chat/completions', headers },
        (response) => {
          let text = '';
          const first = new Promise<void>((seen) => response.once('data', () => seen()));
          const whole = new Promise<string>((end) => {
            response.on('data', (data: Buffer) => (text += data));
            response.on('close', () => end(text));
            response.on('error', () => undefined);
          });
          resolve({ status: response.statusCode ?? 0, text: whole, first });
        },
      );
      request.on('error', reject);
      request.end(JSON.stringify({ model: 'lab/m', stream: true, messages: [{ role: 'user', content: 'x' }] }));
    });
  }
  const statusOnceDraining = async (): Promise<number> => {
    for (;;) {
      const { status } = await ask();
      if (status !== 200) return status;
      go();
    }
  };

  itOnPosix(
    'SIGTERM: the answer ends whole, new requests get 503 and a wrong key 401 meanwhile, then cloudflared and the port go',
    SIGNAL,
    async () => {
      const answer = await ask();
      await answer.first;
      const finish = go;
      const { pid } = openStateFile(dataDir()).value.running!;
      program.child.kill('SIGTERM');
      assert.equal(await statusOnceDraining(), 503);
      assert.equal((await ask('sk-revoked-0123456789abcdef')).status, 401);
      assert.ok(isAlive(pid), 'the tunnel carries the answer until it ends');
      finish();
      const text = await answer.text;
      assert.match(text, /before[\s\S]*after[\s\S]*\[DONE\]/);
      assert.equal(await program.exited, 0);
      await assertEnded(pid);
      const record = program.events.find(({ event, status }) => event === 'request' && status === 200);
      assert.ok(record && !record.error, 'the ledger blames nobody');
    },
  );

  itOnPosix('a second signal ends at once what the first one waits for', SIGNAL, async () => {
    const answer = await ask();
    await answer.first;
    program.child.kill('SIGTERM');
    assert.equal(await statusOnceDraining(), 503);
    program.child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(resolve, 8_000, 'waited for the drain');
    });
    assert.equal(await Promise.race([program.exited, late]), 0);
    clearTimeout(timer);
    assert.equal(openStateFile(dataDir()).value.running, undefined);
  });
});
