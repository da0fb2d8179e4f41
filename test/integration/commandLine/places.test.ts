/** Where a person may have put it: folders with blanks, umlauts and marks, very long ones, a share; files as an editor of Windows writes them. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { notPrivate } from '../../../src/system/privacy';
import { itOnWindows, removeFolder } from '../../support/platform';
import { type Program, startProgram, tempFolder } from '../../support/program';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

/** Windows keeps these for itself, whatever ending follows. */
const RESERVED = ['con', 'nul', 'aux', 'prn', 'com1', 'lpt1'];
/** No file of this name can be made, kept or copied there. */
const NO_NAME = /^(con|nul|aux|prn|com\d|lpt\d)(\.|$)|[<>:"|?*]|[. ]$/i;
const KEY = 'sk-places-0123456789abcdef';

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

const OWN = (url: string): string =>
  crlf(`{
  // Words of a person.
  "port": 0, "tunnel": { "provider": "none" },
  "backends": [
${RESERVED.map((name) => `    { "name": "${name}", "baseUrl": "${url}/v1", "apiKeyEnv": "LAB_KEY" }`).join(',\n')}
  ],
  "clientKeys": [{ "name": "nul", "apiKeyEnv": "NUL_KEY" }, { "name": "aux.txt", "apiKeyEnv": "AUX_KEY" }]
}
`);
const VARIABLES = crlf(`LAB_KEY=sk-lab-0123456789
export NUL_KEY="sk-nul-0123456789abcdef"
AUX_KEY=sk-aux-0123456789abcdef
LLMROUTER_API_KEY=${KEY}
`);
const YAML = (url: string): string =>
  crlf(`# Words of a person.
model_list:
  - model_name: fast
    litellm_params:
      model: openai/gpt-test
      api_base: ${url}/v1
      api_key: os.environ/LAB_KEY
`);

/** A folder as a share names it: that of `npm run test:windows`, else the one Windows has for administrators; undefined: neither. */
function makeShared(): string | undefined {
  const place = process.env.LLM_ROUTER_SHARE ?? os.tmpdir().replace(/^(\w):/, '\\\\localhost\\$1$');
  try {
    return mkdtempSync(path.win32.join(place, 'llm-router-share-'));
  } catch {
    return undefined;
  }
}

describe('places and files, as people have them', function () {
  this.timeout(180_000);
  let upstream: Upstream;
  let temp: ReturnType<typeof tempFolder>;
  const running: Program[] = [];
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('from upstream')));
  });
  after(() => upstream.stop());
  beforeEach(() => {
    temp = tempFolder();
    upstream.seen.length = 0;
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await kill(one);
    temp.remove();
  });

  async function kill({ child, exited }: Program): Promise<void> {
    child.kill('SIGKILL');
    await exited;
  }
  /** Starts it as a person there would: everything lies in `folder`, and nothing is named but the data folder. */
  async function start(folder: string, ...args: string[]): Promise<{ program: Program; url: string }> {
    const data = ['--data-dir', path.join(folder, 'data')];
    const program = startProgram(['--json', '--port', '0', '--tunnel', 'none', ...data, ...args], { cwd: temp.folder });
    running.push(program);
    const { localUrl } = await program.event(({ event }) => event === 'listening');
    return { program, url: String(localUrl) };
  }
  const ask = (url: string, model: string, key = KEY) =>
    fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
    });
  function write(folder: string, name: string, text: string): string {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, '.env'), VARIABLES);
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  }

  /** A router there answers, records and finds its own key of the run before. */
  async function serves(folder: string): Promise<void> {
    const config = write(folder, 'llm-router.json', OWN(upstream.url));
    const args = ['--config', config, '--env-file', path.join(folder, '.env')];
    const first = await start(folder, ...args);
    assert.equal((await ask(first.url, 'con/m')).status, 200);
    assert.equal(upstream.seen.at(-1)!.headers.authorization, 'Bearer sk-lab-0123456789');
    await first.program.event(({ event }) => event === 'request');
    await kill(first.program);
    const second = await start(folder, ...args);
    assert.equal((await ask(second.url, 'con/m')).status, 200);
    await kill(second.program);
    assert.ok(existsSync(path.join(folder, 'data', 'install-secret')));
    assert.ok(readdirSync(path.join(folder, 'data', 'ledger')).some((name) => name.startsWith('requests-')));
  }

  it('a folder with blanks, umlauts, brackets and marks', () =>
    serves(path.join(temp.folder, 'Jörg Müller (x86) & Söhne', "it's 100% 日本 #1")));

  it('a path of more than 260 characters', async () => {
    const folder = path.join(temp.folder, ...Array.from({ length: 4 }, (_, n) => `${n}`.padEnd(80, 'long-')));
    assert.ok(folder.length > 260);
    await serves(folder);
  });

  itOnWindows('a share', 'UNC', async function () {
    const shared = makeShared();
    if (shared === undefined) return this.skip();
    try {
      await serves(path.win32.join(shared, 'Jörgs Ordner'));
    } finally {
      removeFolder(shared);
    }
  });

  it('backends and client keys called as devices of Windows are served, and no file is made of their names', async () => {
    const config = write(temp.folder, 'llm-router.json', OWN(upstream.url));
    const { program, url } = await start(temp.folder, '--config', config);
    for (const name of RESERVED) assert.equal((await ask(url, `${name}/m`)).status, 200, name);
    for (const key of ['sk-nul-0123456789abcdef', 'sk-aux-0123456789abcdef'])
      assert.equal((await ask(url, 'nul/m', key)).status, 200);
    await program.event(({ event, backend }) => event === 'request' && backend === 'lpt1');
    await kill(program);
    const made = readdirSync(path.join(temp.folder, 'data'), { recursive: true }) as string[];
    assert.ok(made.length > 5);
    assert.deepEqual(
      made.flatMap((name) => name.split(path.sep)).filter((name) => NO_NAME.test(name)),
      [],
    );
  });

  it('a configuration of LiteLLM with the line ends of Windows, and the place of a mistake in it', async () => {
    const config = write(temp.folder, 'config.yaml', YAML(upstream.url));
    const { url } = await start(temp.folder, '--config', config);
    assert.equal((await ask(url, 'fast')).status, 200);
    assert.equal(upstream.seen.at(-1)!.headers.authorization, 'Bearer sk-lab-0123456789');
    const broken = write(temp.folder, 'broken.yaml', YAML(upstream.url).replace('  - model_name: fast', '  - [fast'));
    const refused = startProgram(['--json', '--config', broken, '--data-dir', path.join(temp.folder, 'other')], {
      cwd: temp.folder,
    });
    running.push(refused);
    assert.equal(await refused.exited, 2);
    assert.ok(refused.stderr().includes(`${broken}:`), refused.stderr());
  });

  itOnWindows(
    'a data folder that others may read is told, and so is one of which nobody knows',
    'its list',
    async () => {
      const { program } = await start(temp.folder);
      const told = await notPrivate(path.join(temp.folder, 'data'));
      while (told !== undefined && !program.stderr().includes(told)) await new Promise((done) => setTimeout(done, 50));
      if (told === undefined) assert.doesNotMatch(program.stderr(), /icacls/);
    },
  );

  itOnWindows('ended at once it leaves nothing that hinders the next one', 'a signal there is no request', async () => {
    const first = await start(temp.folder);
    first.program.child.kill('SIGTERM');
    assert.notEqual(await first.program.exited, 0);
    const key = readFileSync(path.join(temp.folder, 'data', 'client-key'), 'utf8');
    const second = await start(temp.folder);
    assert.equal(second.program.events[0]!.key, key.trim());
  });
});
