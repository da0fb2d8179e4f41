import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fsPromises from 'node:fs/promises';
import type http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { errorWords } from '../../../src/said';
import { settingsSchema } from '../../../src/settings/schema';
import { findCloudflared } from '../../../src/tunnel/cloudflared/cloudflaredBinary';
import {
  CLOUDFLARED_RELEASE,
  type InstallOptions,
  installCloudflared,
} from '../../../src/tunnel/cloudflared/installCloudflared';
import { createTunnel } from '../../../src/tunnel/createTunnel';
import type { InstallProgress } from '../../../src/tunnel/tunnel';
import { realWorld } from '../../../src/tunnel/world';
import { endingAt } from '../../support/cloud/endingProgram';
import { type Internet, startInternet } from '../../support/cloud/internet';
import { itOnPosix, onWindows, programFile } from '../../support/platform';

/** Starts as cloudflared does when asked for its version; padded, so that a download takes several chunks. */
const PROGRAM = Buffer.concat([
  Buffer.from(
    `#!${process.execPath}\nconsole.log('cloudflared version ${CLOUDFLARED_RELEASE} (built 2026-08-20)');\n//`,
  ),
  Buffer.alloc(600_000, '#'),
]);
const FILE = 'cloudflared-linux-amd64';
const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');

describe('installing cloudflared', () => {
  let internet: Internet;
  let dataDir: string;
  before(async () => {
    internet = await startInternet();
  });
  after(() => internet.close());
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-install-'));
    publish({});
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  interface Release {
    name?: string;
    content?: Buffer;
    digest?: string | null;
    size?: number;
    url?: string;
    status?: number;
    /** How the file is sent; by default whole. */
    send?: http.RequestListener;
    redirect?: string;
    /** The pinned release is gone; this is the latest. */
    latest?: string;
  }
  let downloads = 0;
  function publish({
    name = FILE,
    content = PROGRAM,
    digest = `sha256:${sha256(content)}`,
    size = content.length,
    url,
    status = 200,
    send,
    redirect,
    latest,
  }: Release): void {
    downloads = 0;
    const address = url ?? `https://github.com/cloudflare/cloudflared/releases/download/${CLOUDFLARED_RELEASE}/${name}`;
    internet.site('api.github.com', (request, response) => {
      const wanted = latest ? 'latest' : `tags/${CLOUDFLARED_RELEASE}`;
      if (request.url !== `/repos/cloudflare/cloudflared/releases/${wanted}`) {
        response.writeHead(404).end('{}');
        return;
      }
      const assets = [
        { name: 'other', size: 1 },
        { name, size, digest, browser_download_url: address },
      ];
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ tag_name: latest ?? CLOUDFLARED_RELEASE, assets }));
    });
    internet.site('github.com', (_, response) =>
      response.writeHead(302, { location: redirect ?? 'https://objects.githubusercontent.com/file?sig=1' }).end(),
    );
    internet.site('objects.githubusercontent.com', (request, response) => {
      downloads += 1;
      if (send) return send(request, response);
      response.writeHead(200, { 'content-length': content.length }).end(content);
    });
  }

  const install = (change: Partial<InstallOptions> = {}, machine: { platform?: NodeJS.Platform; arch?: string } = {}) =>
    installCloudflared({
      dataDir,
      network: { proxy: internet.proxyUrl, ca: [internet.certificates.ca] },
      world: { ...realWorld(), platform: 'linux', arch: 'x64', ...machine },
      ...change,
    });
  const leftovers = () => (existsSync(path.join(dataDir, 'bin')) ? readdirSync(path.join(dataDir, 'bin')) : []);
  async function refused(
    words: RegExp,
    change?: Partial<InstallOptions>,
    machine?: { platform?: NodeJS.Platform; arch?: string },
  ): Promise<void> {
    await assert.rejects(install(change, machine), (error: Error) => {
      assert.match(error.message, words);
      const said = errorWords(error);
      assert.ok(typeof said === 'object' && /^(tunnel|network)\./.test(said.code), `no code: ${error.message}`);
      return true;
    });
    assert.deepEqual(leftovers(), []);
  }

  it('downloads through the redirect, checks, tries and puts in place, with progress', async () => {
    const seen: InstallProgress[] = [];
    const done = await install({ onProgress: (progress) => seen.push(progress) });
    assert.equal(done.version, CLOUDFLARED_RELEASE);
    assert.equal(done.path, path.join(dataDir, 'bin', CLOUDFLARED_RELEASE, 'cloudflared'));
    assert.deepEqual(readFileSync(done.path), PROGRAM);
    if (!onWindows) assert.equal(statSync(done.path).mode & 0o777, 0o755);
    assert.deepEqual(leftovers(), [CLOUDFLARED_RELEASE]);
    const fractions = seen.flatMap(({ fraction }) => fraction ?? []);
    assert.equal(fractions.at(-1), 1);
    assert.deepEqual(
      fractions,
      [...fractions].sort((a, b) => a - b),
    );
    const stamp = JSON.parse(readFileSync(path.join(path.dirname(done.path), 'stamp.json'), 'utf8'));
    assert.equal(stamp.sha256, sha256(PROGRAM));
  });

  it('is there already: nothing is downloaded', async () => {
    await install();
    publish({});
    await install();
    assert.equal(downloads, 0);
  });

  it('a copy that does not start any more is replaced', async () => {
    const { path: program } = await install();
    writeFileSync(program, 'broken');
    await install();
    assert.deepEqual(readFileSync(program), PROGRAM);
    assert.deepEqual(leftovers(), [CLOUDFLARED_RELEASE]);
  });

  /** A disk on which what is held is neither moved nor removed, as on Windows. */
  async function whileHeld(isHeld: (from: string, to?: string) => boolean, run: () => Promise<void>): Promise<void> {
    const { rename, rm } = fsPromises;
    const refuse = () => Promise.reject(Object.assign(new Error('held'), { code: 'EPERM' }));
    fsPromises.rename = (from, to) => (isHeld(String(from), String(to)) ? refuse() : rename(from, to));
    fsPromises.rm = (file, options) => (isHeld(String(file)) ? refuse() : rm(file, options));
    syncBuiltinESMExports();
    try {
      await run();
    } finally {
      Object.assign(fsPromises, { rename, rm });
      syncBuiltinESMExports();
    }
  }

  it('waits while a virus scanner holds what came', async () => {
    let held = 6;
    const isHeld = (_: string, to = '') => path.basename(to) === CLOUDFLARED_RELEASE && held-- > 0;
    await whileHeld(isHeld, async () => assert.deepEqual(readFileSync((await install()).path), PROGRAM));
    assert.deepEqual(leftovers(), [CLOUDFLARED_RELEASE]);
  });

  it('a copy that runs and may neither go nor be moved with its folder makes room by itself, and goes later', async () => {
    const { path: program } = await install();
    writeFileSync(program, 'changed while it runs');
    const runs = (folder: string) => existsSync(path.join(folder, 'cloudflared'));
    const isHeld = (from: string) => runs(from) && readFileSync(path.join(from, 'cloudflared')).length < PROGRAM.length;
    await whileHeld(isHeld, async () => {
      await install();
      assert.deepEqual(readFileSync(program), PROGRAM);
      const [aside, ...others] = leftovers().filter((name) => name !== CLOUDFLARED_RELEASE);
      assert.deepEqual(
        [others, readFileSync(path.join(dataDir, 'bin', aside!, 'cloudflared'), 'utf8')],
        [[], 'changed while it runs'],
      );
      const old = new Date(Date.now() - 2 * 3_600_000);
      utimesSync(path.join(dataDir, 'bin', aside!), old, old);
      // What still runs hinders no later one.
      writeFileSync(path.join(path.dirname(program), 'stamp.json'), '{}');
      await install();
      assert.ok(leftovers().includes(aside!));
    });
    writeFileSync(path.join(path.dirname(program), 'stamp.json'), '{}');
    await install();
    assert.deepEqual(leftovers(), [CLOUDFLARED_RELEASE]);
  });

  it('a program that runs stays as it is: a newer one comes beside it, the same one makes room', async () => {
    for (const version of ['2025.1.0', CLOUDFLARED_RELEASE]) {
      const program = path.join(dataDir, 'bin', version, programFile('cloudflared'));
      mkdirSync(path.dirname(program), { recursive: true });
      cpSync(process.execPath, program);
      const running = spawn(program, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
      await once(running, 'spawn');
      try {
        const done = await install();
        assert.deepEqual(readFileSync(done.path), PROGRAM);
        assert.deepEqual([running.exitCode, running.signalCode], [null, null]);
        if (version !== CLOUDFLARED_RELEASE) assert.ok(existsSync(program));
      } finally {
        const ended = once(running, 'exit');
        running.kill('SIGKILL');
        await ended;
      }
      rmSync(path.join(dataDir, 'bin', CLOUDFLARED_RELEASE), { recursive: true, maxRetries: 20 });
    }
  });

  it('the pinned release was withdrawn: the latest one', async () => {
    publish({ latest: '2027.1.0' });
    const done = await install();
    assert.deepEqual([done.version, leftovers()], ['2027.1.0', ['2027.1.0']]);
  });

  it('an answer that is no release', async () => {
    internet.site('api.github.com', (_, response) => response.end('<html>Please sign in to the guest network</html>'));
    await refused(/no release\. Check whether a proxy or a login page/);
    publish({ latest: 'not-a-version' });
    await refused(/no usable release/);
  });

  it('two at once both end well', async () => {
    const both = await Promise.all([install(), install()]);
    assert.equal(both[0].path, both[1].path);
    assert.deepEqual(readFileSync(both[0].path), PROGRAM);
    assert.deepEqual(leftovers(), [CLOUDFLARED_RELEASE]);
  });

  it('takes the program out of the archive on macOS', async () => {
    const header = Buffer.alloc(512);
    header.write('cloudflared');
    header.write('0000755\0', 100);
    header.write(`${PROGRAM.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('0', 156);
    const padding = Buffer.alloc((512 - (PROGRAM.length % 512)) % 512);
    const archive = gzipSync(Buffer.concat([header, PROGRAM, padding, Buffer.alloc(1_024)]));
    publish({ name: 'cloudflared-darwin-arm64.tgz', content: archive });
    const done = await install({}, { platform: 'darwin', arch: 'arm64' });
    assert.deepEqual(readFileSync(done.path), PROGRAM);
    assert.deepEqual(readdirSync(path.dirname(done.path)).sort(), ['cloudflared', 'stamp.json']);
  });

  it('a download that Gatekeeper ends is not kept, and no place that is gone is named', async () => {
    const header = Buffer.alloc(512);
    header.write('cloudflared', 0);
    header.write('00000000005\0', 124);
    const content = gzipSync(Buffer.concat([header, Buffer.from('hello'), Buffer.alloc(1_531)]));
    publish({ name: 'cloudflared-darwin-arm64.tgz', content });
    const world = { ...realWorld(), platform: 'darwin', arch: 'arm64', spawn: endingAt(null, 'SIGKILL') } as const;
    await refused(/macOS ended the downloaded cloudflared .*brew install cloudflared/, { world });
    await refused(/^((?!xattr|\.tmp-).)*$/s, { world });
  });

  it('an archive without the program is refused', async () => {
    publish({ name: 'cloudflared-darwin-arm64.tgz', content: gzipSync(Buffer.alloc(2_048)) });
    await refused(/archive holds no cloudflared/, {}, { platform: 'darwin', arch: 'arm64' });
  });

  it('interrupted', async () => {
    publish({
      send: (_, response) => {
        response.writeHead(200, { 'content-length': PROGRAM.length });
        response.write(PROGRAM.subarray(0, 100_000), () => response.destroy());
      },
    });
    await refused(/broke off\. Try again/);
  });

  it('truncated without a word', async () => {
    publish({
      send: (_, response) => {
        response.writeHead(200, { connection: 'close' });
        response.end(PROGRAM.subarray(0, 100_000));
      },
    });
    await refused(/ended early/);
  });

  it('larger than announced', async () => {
    publish({ size: 1_000 });
    await refused(/larger than the release says/);
  });

  it('wrong digest: never executed', async () => {
    const marker = path.join(dataDir, 'was-executed');
    const evil = Buffer.from(`#!/bin/sh\ntouch ${marker}\necho cloudflared version ${CLOUDFLARED_RELEASE}\n`);
    publish({ content: evil, digest: `sha256:${'0'.repeat(64)}` });
    await refused(/does not have the published checksum/);
    assert.equal(existsSync(marker), false);
  });

  it('no digest published: refused before the download', async () => {
    for (const digest of [null, 'md5:abc', 'sha256:short']) {
      publish({ digest });
      await refused(/publishes no checksum/);
      assert.equal(downloads, 0);
    }
  });

  it('wrong platform: no asset, no build, a program that does not start here', async () => {
    await refused(/has no file cloudflared-linux-arm64/, {}, { arch: 'arm64' });
    await refused(/no cloudflared for sunos on x64.*llmRouter\.tunnel\.binary/, {}, { platform: 'sunos' });
    publish({ content: Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(5_000)]) });
    await refused(/does not start/);
  });

  it('redirects: a loop, plain http, a strange address in the release', async () => {
    publish({ redirect: 'https://github.com/again' });
    await refused(/redirected too often/);
    publish({ redirect: 'http://github.com/plain' });
    await refused(/without https/);
    publish({ url: 'https://evil.example.com/cloudflared' });
    await refused(/unexpected download address/);
  });

  it('disk full', async () => {
    let written = 0;
    const full = new Writable({
      write(chunk, _, done) {
        written += chunk.length;
        done(
          written > 200_000
            ? Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
            : null,
        );
      },
    });
    await refused(/disk is full/, {
      world: { ...realWorld(), platform: 'linux', arch: 'x64', createFile: () => full },
    });
  });

  it('cancelled while downloading', async () => {
    const abort = new AbortController();
    publish({
      send: (_, response) => {
        response.writeHead(200, { 'content-length': PROGRAM.length });
        response.write(PROGRAM.subarray(0, 100_000));
      },
    });
    await refused(/was cancelled/, { signal: abort.signal, onProgress: ({ fraction }) => fraction && abort.abort() });
  });

  it('the release service refuses or the network is not there', async () => {
    publish({ status: 403 });
    await refused(/HTTP 403: too many requests/);
    await refused(/the proxy 127\.0\.0\.1:\d+ was not reached/, { network: { proxy: 'http://127.0.0.1:1' } });
  });

  it('verifies certificates also when the user switched that off', async () => {
    await refused(/could not be reached/, { network: { proxy: internet.proxyUrl, strictSsl: false } });
  });

  it('clears what a download that died left behind, but not what still runs', async () => {
    const bin = path.join(dataDir, 'bin');
    for (const name of ['.tmp-1-old', '.tmp-2-new']) mkdirSync(path.join(bin, name), { recursive: true });
    utimesSync(path.join(bin, '.tmp-1-old'), new Date(0), new Date(0));
    await install();
    assert.deepEqual(leftovers().sort(), ['.tmp-2-new', CLOUDFLARED_RELEASE]);
  });

  it('a copy that is not what was verified is not run, and is replaced', async () => {
    const { path: program } = await install();
    const world = { ...realWorld(), platform: 'linux' as const, env: { PATH: '/nowhere' } };
    assert.equal((await findCloudflared({ chosen: undefined, dataDir, world })).path, program);
    appendFileSync(program, '\n// changed\n');
    await assert.rejects(findCloudflared({ chosen: undefined, dataDir, world }), /not installed/);
    assert.deepEqual(readFileSync((await install()).path), PROGRAM);
  });

  itOnPosix(
    'nothing is run from a folder in which others may write; a sentence says how to mend it',
    'file modes',
    async () => {
      await install();
      const world = { ...realWorld(), platform: 'linux' as const, env: { PATH: '/nowhere' } };
      for (const [folder, mode] of [
        [dataDir, 0o770],
        [path.join(dataDir, 'bin'), 0o777],
      ] as const) {
        chmodSync(folder, mode);
        await assert.rejects(findCloudflared({ chosen: undefined, dataDir, world }));
        chmodSync(folder, 0o700);
      }
      chmodSync(dataDir, 0o770);
      await assert.rejects(install(), /chmod g-w/);
      chmodSync(dataDir, 0o700);
      assert.ok(await findCloudflared({ chosen: undefined, dataDir, world }));
    },
  );

  it('with consent a start installs by itself and says so', async () => {
    const states: string[] = [];
    const tunnel = createTunnel(
      {
        settings: settingsSchema.parse({}).tunnel,
        localPort: 9,
        dataDir,
        mayInstall: true,
        clientKey: 'sk-x',
        healthProof: () => '',
        network: { proxy: internet.proxyUrl, ca: [internet.certificates.ca] },
        log: () => {},
      },
      { ...realWorld(), platform: 'linux', arch: 'x64', env: { PATH: '/nowhere' } },
    );
    // There is no quick service in this internet: what matters is that it got that far.
    const asked = new Promise<void>((resolve) =>
      tunnel.onDidChange(({ state, message = '' }) => {
        states.push(state);
        if (state === 'error') resolve(assert.match(message, /api\.trycloudflare\.com/));
      }),
    );
    await tunnel.start();
    await asked;
    await tunnel.stop();
    assert.deepEqual([...new Set(states)].slice(0, 4), ['connecting', 'installing', 'requesting', 'error']);
  });
});
