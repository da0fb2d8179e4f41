/** What docs/ tells people to install and to type, run: unit file, Dockerfile, Caddyfile, and each option of each command. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CURSOR_HELP } from '../../../src/cursorApp/command';
import { ROW } from '../../../src/cursorApp/readState';
import { USAGE_HELP } from '../../../src/ledger/usageCommand';
import { HELP } from '../../../src/process/commandLine';
import { LESSONS_HELP } from '../../../src/upstream/lessonsCommand';
import { onLinux } from '../../support/platform';
import { assertEndsBy, type Program, startProgram, tempFolder } from '../../support/program';
import { quietPort } from '../../support/quietPort';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const doc = (name: string): string => readFileSync(`docs/${name}`, 'utf8');
const UNIT = doc('llm-router.service');
const DOCKER = doc('Dockerfile');
const directive = (name: string): string =>
  new RegExp(`^${name}=(.*)$`, 'm').exec(UNIT)?.[1] ?? assert.fail(`no ${name}`);
const dockerList = (name: string): string[] =>
  JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(DOCKER)?.[1] ?? assert.fail(`no ${name}`)) as string[];
const isThere = (program: string): boolean => !spawnSync(program, ['--version'], { stdio: 'ignore' }).error;
const KEY = 'sk-docs-0123456789abcdef';

describe('docs, run', () => {
  let upstream: Upstream;
  let temp: ReturnType<typeof tempFolder>;
  const running: Program[] = [];
  /** Options that were used here, by command. */
  const used = new Set<string>();
  const at = (...parts: string[]) => path.join(temp.folder, ...parts);
  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const program = startProgram(args, { cwd: at('.'), env });
    running.push(program);
    const [first = ''] = args;
    const command = first.startsWith('-') ? 'router' : first;
    for (const one of args) if (one.startsWith('--')) used.add(`${command} ${one}`);
    return program;
  };
  /** A command to its end. */
  const run = async (args: readonly string[], code = 0, env: Record<string, string> = {}): Promise<Program> => {
    const program = start(args, env);
    assert.equal(await program.exited, code, `${args.join(' ')}: ${program.stderr()}`);
    return program;
  };
  const urlOf = async (program: Program) =>
    String((await program.event(({ event }) => event === 'listening')).localUrl);
  const ask = (url: string, model: string, key = KEY) =>
    fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
    });
  /**
   * Arguments of the docs in places of this test: no name on the internet is looked at from here, and nothing listens beyond
   * this machine.
   */
  const here = (args: readonly string[], config = at('server.json')) =>
    args.map((one, index) => {
      const option = args[index - 1];
      if (option === '--config') return config;
      if (option === '--data-dir') return at('data');
      if (option === '--port') return '0';
      if (option === '--host') return '127.0.0.1';
      return option === '--tunnel' ? 'none' : one;
    });

  before(async () => {
    const answer = json(chatCompletion('from upstream'));
    const list = json({ data: [{ id: 'm' }] });
    upstream = await startUpstream((seen, response) => (seen.method === 'GET' ? list : answer)(seen, response));
  });
  after(() => upstream.stop());
  beforeEach(() => {
    temp = tempFolder();
    writeFileSync(at('server.json'), doc('server.json'));
  });
  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
    temp.remove();
  });

  it('the unit: its command serves server.json with the keys of its EnvironmentFile, and KillSignal ends it with 0', async () => {
    const [, , ...args] = directive('ExecStart').split(' ');
    const program = start(here(args), { LLMROUTER_API_KEY: KEY, PHONE_KEY: 'sk-phone-0123456789' });
    const url = await urlOf(program);
    assert.equal((await ask(url, 'demo/echo')).status, 200);
    const phone = await ask(url, 'demo/echo', 'sk-phone-0123456789');
    assert.equal(phone.status, 200, 'a client key of server.json');
    await assertEndsBy(directive('KillSignal') as NodeJS.Signals, program);
    assert.ok(existsSync(at('data', 'install-secret')), 'StateDirectory is the data directory');
  });

  it('the unit: a configuration that cannot be used ends with RestartPreventExitStatus', async () => {
    writeFileSync(at('broken.json'), '{ "backends": 3 }');
    const [, , ...args] = directive('ExecStart').split(' ');
    await run(here(args, at('broken.json')), Number(directive('RestartPreventExitStatus')));
  });

  it('the unit: systemd-analyze finds nothing wrong with it', function () {
    if (!isThere('systemd-analyze')) return this.skip();
    const [node, program] = directive('ExecStart').split(' ');
    const file = at('llm-router.service');
    writeFileSync(file, UNIT.replace(`${node} ${program}`, `${process.execPath} ${program}`));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /llm-router\.service/);
  });

  it('the Dockerfile: entry point and command serve, the health check says so, and its STOPSIGNAL ends it with 0', async () => {
    const [, , ...fixed] = dockerList('ENTRYPOINT');
    const program = start(here([...fixed, ...dockerList('CMD')]), { LLMROUTER_API_KEY: KEY });
    const url = await urlOf(program);
    assert.equal((await ask(url, 'demo/echo')).status, 200);
    const [, option, code] = dockerList(' {2}CMD') as [string, string, string];
    const health = () =>
      spawnSync(process.execPath, [option, code.replace(':11411', `:${new URL(url).port}`)], { stdio: 'ignore' })
        .status;
    assert.equal(health(), 0);
    await assertEndsBy(/^STOPSIGNAL (\w+)$/m.exec(DOCKER)![1] as NodeJS.Signals, program);
    assert.equal(health(), 1);
  });

  it('the Caddyfile leads to the port of the unit, and caddy takes it', function () {
    const port = /--port (\d+)/.exec(directive('ExecStart'))![1];
    assert.match(doc('Caddyfile'), new RegExp(`reverse_proxy 127\\.0\\.0\\.1:${port} `));
    if (!isThere('caddy')) return this.skip();
    const args = ['validate', '--adapter', 'caddyfile', '--config', 'docs/Caddyfile'];
    const { status, stderr } = spawnSync('caddy', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  /** A configuration and variables that no default would find. */
  function elsewhere(): string[] {
    mkdirSync(at('elsewhere'));
    const backends = [{ name: 'lab', baseUrl: `${upstream.url}/v1`, apiKeyEnv: 'LAB_KEY' }];
    const tunnel = { provider: 'custom', url: 'https://llm.example.com' };
    writeFileSync(at('elsewhere', 'own.json'), JSON.stringify({ backends, tunnel, port: 0 }));
    writeFileSync(at('elsewhere', 'keys.env'), `LAB_KEY=sk-lab\nMY_ROUTER_KEY=${KEY}\n`);
    upstream.seen.length = 0;
    return ['--config', 'elsewhere/own.json', '--env-file', 'elsewhere/keys.env', '--data-dir', 'data'];
  }

  it('router: files, port, address, tunnel and the variable of the key; usage then reads what was recorded', async () => {
    // Another address of this machine, where the system has more than one.
    const host = onLinux ? '127.0.0.2' : '127.0.0.1';
    const port = String(await quietPort());
    const places = [...elsewhere(), '--port', port, '--host', host, '--tunnel', 'none'];
    const router = start([...places, '--json', '--llmrouter-api-key-env', 'MY_ROUTER_KEY']);
    const url = await urlOf(router);
    assert.equal(url, `http://${host}:${port}/v1`);
    assert.equal((await ask(url, 'lab/m')).status, 200);
    assert.equal(upstream.seen.at(-1)!.headers.authorization, 'Bearer sk-lab');
    await router.event(({ event }) => event === 'request');
    assert.ok(router.events.every(({ event, state }) => event !== 'tunnel' || state === 'off'));
    router.child.kill('SIGTERM');
    await router.exited;

    const usage = async (...args: string[]) => (await run(['usage', ...args, '--data-dir', 'data'])).stdout();
    const { rows } = JSON.parse(await usage('--json', '--by', 'backend')) as { rows: { group: string }[] };
    assert.deepEqual(
      rows.map(({ group }) => group),
      ['lab'],
    );
    assert.match(
      await usage('--from', '2001-01-01', '--to', '2001-01-02'),
      /^No requests from 2001-01-01 to 2001-01-02/,
    );
    await usage('--csv', 'all.csv');
    assert.match(readFileSync(at('all.csv'), 'utf8'), /lab/);
  });

  it('router: the key as an argument is told to be visible, unless the log level says less; without --json in words', async () => {
    const common = ['--port', '0', '--tunnel', 'none', '--data-dir', 'data', '--llmrouter-api-key', KEY];
    const loud = start(common);
    while (!/Local URL +(\S+)/.test(loud.stdout())) await new Promise((done) => setTimeout(done, 20));
    assert.equal((await ask(/Local URL +(\S+)/.exec(loud.stdout())![1]!, 'demo/echo')).status, 200);
    assert.match(loud.stdout() + loud.stderr(), /key stands in the arguments/);
    loud.child.kill('SIGTERM');
    await loud.exited;
    const quiet = start([...common, '--log-level', 'error', '--json']);
    await urlOf(quiet);
    assert.doesNotMatch(quiet.stderr(), /key stands in the arguments/);
  });

  it('router: without --install-cloudflared nothing is downloaded, with it the download is tried', async () => {
    // Nothing answers behind this proxy, and no program is found.
    const env = { HTTPS_PROXY: 'http://127.0.0.1:1', PATH: at('empty') };
    const told = async (...args: string[]) => {
      const program = start(['--json', '--port', '0', '--data-dir', at('data', String(args.length)), ...args], env);
      const event = await program.event(({ event, state }) => event === 'tunnel' && state === 'error');
      return String(event.message);
    };
    assert.match(await told(), /Start with --install-cloudflared/);
    assert.match(
      await told('--install-cloudflared'),
      /could not be reached: the proxy 127\.0\.0\.1:1 .*Or name one that is here/,
    );
  });

  it('router: --help and --version', async () => {
    assert.equal((await run(['--help'])).stdout(), HELP);
    assert.equal((await run(['--version'])).stdout(), `${JSON.parse(readFileSync('package.json', 'utf8')).version}\n`);
  });

  it('doctor: reads the same files, tells JSON, and asks a model with --paid alone', async () => {
    const args = [...elsewhere(), '--port', '0', '--tunnel', 'none', '--json'];
    const asked = async (more: string[]) => {
      upstream.seen.length = 0;
      const doctor = start(['doctor', ...args, ...more]);
      await doctor.exited;
      assert.equal(doctor.events.at(-1)?.event, 'summary', doctor.stderr());
      assert.ok(upstream.seen.every(({ headers }) => headers.authorization === 'Bearer sk-lab'));
      return upstream.seen.some(({ method }) => method === 'POST');
    };
    assert.equal(await asked([]), false);
    assert.equal(await asked(['--paid']), true);
  });

  it('export: a folder from the named files, replaced with --force alone', async () => {
    elsewhere();
    writeFileSync(at('elsewhere', 'keys.env'), `LAB_BASE=${upstream.url}/v1\n`);
    writeFileSync(
      at('elsewhere', 'own.yaml'),
      'model_list:\n  - model_name: mine\n    litellm_params: {model: openai/m, api_base: os.environ/LAB_BASE}\n',
    );
    const args = ['export', '--to', 'litellm', '--out', 'team', '--config', 'elsewhere/own.yaml'];
    const files = ['--env-file', 'elsewhere/keys.env'];
    await run([...args, ...files]);
    const made = () =>
      readdirSync(at('team'))
        .map((name) => readFileSync(at('team', name), 'utf8'))
        .join('\n');
    assert.ok(made().includes(upstream.url));
    await run([...args, ...files], 2);
    await run([...args, ...files, '--force']);
  });

  it('lessons: told in words and as JSON, forgotten with --forget', async () => {
    mkdirSync(at('data'));
    const lesson = { field: 'temperature', do: 'drop', at: Date.now() };
    const model = { place: 'a'.repeat(16), wire: 'chat', model: 'm', lessons: [lesson] };
    writeFileSync(at('data', 'lessons.json'), JSON.stringify({ version: 1, models: [model] }));
    const lessons = async (...args: string[]) => (await run(['lessons', ...args, '--data-dir', 'data'])).stdout();
    assert.match(await lessons(), /^m refuses temperature/);
    assert.equal(JSON.parse(await lessons('--json')).models.length, 1);
    assert.match(await lessons('--forget'), /All of it is forgotten/);
    assert.match(await lessons(), /^Nothing was learned/);
  });

  it('cursor: status, connect and disconnect on a made file', async function () {
    const sqlite = await import('node:sqlite').catch(() => undefined);
    if (!sqlite) return this.skip();
    const db = new sqlite.DatabaseSync(at('state.vscdb'));
    db.exec('CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)');
    const before = JSON.stringify({ openAIBaseUrl: null, useOpenAIKey: false, aiSettings: { userAddedModels: [] } });
    db.prepare('INSERT INTO ItemTable VALUES (?, ?)').run(ROW, before);
    db.close();
    const file = ['--file', 'state.vscdb'];
    const url = 'https://a.example/v1';
    await run(['cursor', 'connect', '--url', url, '--model', 'one', '--model', 'two', ...file, '--data-dir', 'data']);
    assert.match((await run(['cursor', 'status', ...file])).stdout(), /https:\/\/a\.example\/v1/);
    assert.ok(existsSync(at('data', 'cursor-before.json')));
    await run(['cursor', 'disconnect', ...file, '--data-dir', 'data']);
    assert.doesNotMatch((await run(['cursor', 'status', ...file])).stdout(), /a\.example/);
  });

  it('every option that a help names was used above', () => {
    const named = (command: string, text: string) =>
      [...text.matchAll(/--[\w-]+/g)].map(([option]) => `${command} ${option}`);
    const line = (command: string) => new RegExp(`router\\.js ${command} .*`).exec(HELP)?.[0] ?? assert.fail(command);
    const all = [
      ...named('router', HELP.slice(HELP.indexOf('\n  --config'))),
      ...['doctor', 'export'].flatMap((command) => named(command, line(command))),
      ...named('usage', USAGE_HELP),
      ...named('lessons', LESSONS_HELP),
      ...(used.has('cursor --url') ? named('cursor', CURSOR_HELP) : []),
    ];
    assert.deepEqual(
      [...new Set(all)].filter((one) => !used.has(one)),
      [],
    );
  });
});
