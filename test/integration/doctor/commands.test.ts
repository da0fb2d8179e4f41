/** `doctor` and `export` as a person runs them, beside a router that runs and without one. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfigText } from '../../../src/config/load';
import { type Program, startProgram, tempFolder } from '../../support/program';
import { json, startUpstream, type Upstream } from '../../support/upstream';

describe('command line: doctor and export', () => {
  let upstream: Upstream;
  let temp: ReturnType<typeof tempFolder>;
  const running: Program[] = [];
  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const program = startProgram(args, { cwd: temp.folder, env });
    running.push(program);
    return program;
  };
  const dataDir = () => ['--data-dir', path.join(temp.folder, 'data')];
  const hops = (program: Program) =>
    Object.fromEntries(program.events.filter(({ event }) => event === 'hop').map((hop) => [hop.id, hop]));
  const write = (settings: object) =>
    writeFileSync(path.join(temp.folder, 'llm-router.json'), JSON.stringify(settings));

  before(async () => {
    upstream = await startUpstream(json({ data: [{ id: 'm' }] }));
  });
  after(() => upstream.stop());
  beforeEach(() => {
    temp = tempFolder();
    write({
      port: 0,
      tunnel: { provider: 'none' },
      backends: [{ name: 'prov', baseUrl: `${upstream.url}/v1`, apiKeyEnv: 'PROV_KEY' }],
      aliases: { quick: 'prov/m' },
    });
  });
  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
    temp.remove();
  });

  it('without a router it starts one: one JSON line a hop, the summary last, exit 0', async () => {
    const program = start(['doctor', '--json', ...dataDir()], { PROV_KEY: 'sk-MARKED-provider-0123' });
    assert.equal(await program.exited, 0, program.stderr());
    const lines = program.stdout().trim().split('\n');
    assert.equal(lines.length, program.events.length, 'nothing but JSON on standard output');
    assert.equal(program.events.at(-1)?.event, 'summary');
    assert.equal(program.events.at(-1)?.ok, true);
    assert.equal(hops(program)['backend:prov']?.state, 'ok');
    const key = readFileSync(path.join(temp.folder, 'data', 'client-key'), 'utf8').trim();
    for (const secret of ['MARKED', key, readFileSync(path.join(temp.folder, 'data', 'install-secret'), 'utf8').trim()])
      assert.ok(!program.stdout().includes(secret) && !program.stderr().includes(secret));
  });

  it('finds the router of --data-dir on a port of its own, and usage reads that folder', async () => {
    const router = start(['--json', '--port', '0', ...dataDir()]);
    const { localUrl } = await router.event((event) => event.event === 'listening');
    const { key } = await router.event((event) => event.event === 'key');
    await fetch(`${localUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'demo/echo', messages: [{ role: 'user', content: 'x' }] }),
    }).then((answer) => answer.text());
    await router.event((event) => event.event === 'request');
    const doctor = start(['doctor', ...dataDir()]);
    await doctor.exited;
    assert.match(doctor.stdout(), new RegExp(`answers on port ${new URL(String(localUrl)).port};`));
    router.child.kill('SIGTERM');
    await router.exited;
    const usage = start(['usage', ...dataDir()], { HOME: path.join(temp.folder, 'elsewhere'), XDG_DATA_HOME: '' });
    assert.equal(await usage.exited, 0, usage.stderr());
    assert.match(usage.stdout(), /Total +[12] /);
  });

  it('prints an URL that works with --host 0.0.0.0, and takes the address of the machine', async () => {
    const router = start(['--json', '--port', '0', '--host', '0.0.0.0', ...dataDir()]);
    const { localUrl } = await router.event((event) => event.event === 'listening');
    assert.match(String(localUrl), /^http:\/\/127\.0\.0\.1:/);
    assert.equal((await fetch(new URL('/health', String(localUrl)))).status, 200);
    const byAddress = await fetch(`http://0.0.0.0:${new URL(String(localUrl)).port}/health`);
    assert.equal(byAddress.status, 200);
  });

  it('says which folder cannot be used and which option names another', async () => {
    writeFileSync(path.join(temp.folder, 'data'), 'a file');
    const program = start(['--json', ...dataDir()]);
    assert.equal(await program.exited, 2);
    assert.match(program.stderr(), /The folder .*data cannot be used: it is a file\. .*--data-dir/);
  });

  it('takes the flags of Go as llm-router does', async () => {
    const program = start(['-config', 'llm-router.json', '-port=0', '--log-level', 'fatal', '--json', ...dataDir()]);
    await program.event((event) => event.event === 'listening');
  });

  it('something failed: exit 1, in words with what to do', async () => {
    upstream.answers.unshift(json({ error: { message: 'bad key' } }, 401));
    const program = start(['doctor', ...dataDir()], { PROV_KEY: 'sk-bad-0123456789' });
    assert.equal(await program.exited, 1);
    assert.match(program.stdout(), /✘ Backend prov {2}prov does not accept the key.*\n {4}→ Store a valid key/);
    assert.match(program.stdout(), /1 of 12 failed, 1 warning\.\n$/);
    assert.ok(!program.stdout().includes('\u001b'), 'no colours in a pipe');
  });

  it('looks at the router that runs with this data directory, and leaves it alone', async () => {
    const router = start(['--json', '--llmrouter-api-key', 'sk-mine-0123456789abcdef', ...dataDir()]);
    const { localUrl } = await router.event(({ event }) => event === 'listening');
    const { port } = new URL(String(localUrl));
    const args = ['doctor', '--json', '--port', port, '--llmrouter-api-key', 'sk-mine-0123456789abcdef', ...dataDir()];
    const program = start(args);
    assert.equal(await program.exited, 0, program.stdout());
    assert.match(String(hops(program).process?.why), new RegExp(`runs already and answers on port ${port}`));
    assert.equal(hops(program).local?.state, 'ok');
    const asked = await router.event(({ event }) => event === 'request');
    assert.equal(asked.askedModel, 'demo/echo');
    assert.equal((await fetch(String(localUrl).replace('/v1', '/health'))).status, 200);
  });

  it('ends in order when nobody reads any more', async () => {
    upstream.answers.unshift(async (_request, response) => {
      program.child.stdout?.destroy();
      response.end('{"data":[]}');
    });
    const program = start(['doctor', '--json', ...dataDir()]);
    // 130 when there was something left to end.
    assert.ok([0, 130].includes((await program.exited) ?? -1), program.stderr());
    assert.ok(!program.stderr().includes('EPIPE'), program.stderr());
  });

  it('a configuration that cannot be used is the one failed hop, exit 2', async () => {
    writeFileSync(path.join(temp.folder, 'llm-router.json'), '{"port": "many"}');
    const program = start(['doctor', '--json', ...dataDir()]);
    assert.equal(await program.exited, 2);
    assert.deepEqual(
      program.events.map(({ event, id, state }) => [event, id, state]),
      [
        ['hop', 'settings', 'failed'],
        ['summary', undefined, undefined],
      ],
    );
    assert.match(String(program.events[0]?.why), /port, line 1: port must be a number/);
  });

  it('export writes a folder once, and only again with --force', async () => {
    const run = async (...more: string[]) => {
      const program = start(['export', '--to', 'litellm', '--out', 'team', ...more], { PROV_KEY: 'sk-MARKED-0123' });
      return { code: await program.exited, program };
    };
    assert.equal((await run()).code, 0);
    const folder = path.join(temp.folder, 'team');
    assert.deepEqual(readdirSync(folder).sort(), ['.env.example', 'README.md', 'config.yaml', 'docker-compose.yml']);
    const files = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
    assert.ok(files.every((text) => !text.includes('MARKED')));
    const loaded = loadConfigText(readFileSync(path.join(folder, 'config.yaml'), 'utf8'));
    assert.ok(loaded.settings?.backends.some(({ baseUrl }) => baseUrl === `${upstream.url}/v1`));
    writeFileSync(path.join(folder, 'config.yaml'), 'mine');
    const again = await run();
    assert.equal(again.code, 2);
    assert.match(again.program.stderr(), /already has config\.yaml.*--force/);
    assert.equal(readFileSync(path.join(folder, 'config.yaml'), 'utf8'), 'mine');
    assert.equal((await run('--force')).code, 0);
    assert.notEqual(readFileSync(path.join(folder, 'config.yaml'), 'utf8'), 'mine');
  });

  it('export into what is a file says so, and which option names another folder', async () => {
    writeFileSync(path.join(temp.folder, 'taken'), 'mine');
    const program = start(['export', '--to', 'litellm', '--out', 'taken']);
    assert.equal(await program.exited, 2);
    assert.match(program.stderr(), /taken cannot be written: it is a file\. Name another one with --out\./);
    assert.equal(readFileSync(path.join(temp.folder, 'taken'), 'utf8'), 'mine');
  });

  it('options that make no sense are exit 2 with a sentence', async () => {
    for (const [args, sentence] of [
      [['export', '--to', 'litellm'], /--out names the folder/],
      [['export', '--out', 'x'], /--to takes litellm/],
      [['export', '--to', 'litellm', '--out', 'x', '--config', 'no.json'], /does not exist/],
      [['--paid'], /belongs to the command doctor/],
      [['doctor', '--nonsense'], /See --help/],
    ] as const) {
      const program = start(args);
      assert.equal(await program.exited, 2, args.join(' '));
      assert.match(program.stderr(), sentence);
    }
    assert.ok(!existsSync(path.join(temp.folder, 'x')));
  });
});
