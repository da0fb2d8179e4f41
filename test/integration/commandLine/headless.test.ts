/** The command-line program as a child process: options, events, precedence, exit codes, changed files (design §4). */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { assertPrivate, itOnPosix, onWindows } from '../../support/platform';
import { assertEndsBy, type Program, startProgram, tempFolder } from '../../support/program';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const LLM_ROUTER_FILE = (port: number) => `{
	"listening_port": 0,
	"llmrouter_api_key_env": "MY_KEY",
	"aliases": { "o1": "groq/deepseek" },
	"backends": [
		{ "name": "groq", "base_url": "http://127.0.0.1:${port}/openai/v1", "prefix": "groq/", "require_api_key": true, "key_env_var": "GROQ_API_KEY",
		  "role_rewrites": { "developer": "system" }, "unsupported_params": ["reasoning_effort"] }
	]
}`;
const LITELLM_FILE = (port: number) => `model_list:
  - model_name: fast
    litellm_params:
      model: openai/gpt-test
      api_base: http://127.0.0.1:${port}/v1
      api_key: os.environ/FAST_KEY
litellm_settings:
  master_key: sk-litellm-master-key-1234
`;

describe('command line', () => {
  let upstream: Upstream;
  let own: Upstream | undefined;
  let temp: ReturnType<typeof tempFolder>;
  const running: Program[] = [];
  const common = () => ['--json', '--port', '0', '--tunnel', 'none', '--data-dir', path.join(temp.folder, 'data')];
  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const program = startProgram(args, { cwd: temp.folder, env });
    running.push(program);
    return program;
  };
  const post = (url: string, key: string, body: unknown) =>
    fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
  const listening = async (program: Program) =>
    String((await program.event((event) => event.event === 'listening')).localUrl);

  before(async () => {
    upstream = await startUpstream(json(chatCompletion('from upstream')));
  });
  after(() => upstream.stop());
  beforeEach(() => {
    temp = tempFolder();
    upstream.seen.length = 0;
  });
  afterEach(async () => {
    for (const { child, exited } of running.splice(0)) {
      child.kill('SIGKILL');
      await exited;
    }
    await own?.stop();
    own = undefined;
    temp.remove();
  });

  it('who reads its words may leave: it serves on and ends in order', async () => {
    const program = start(common());
    const url = await listening(program);
    const key = String(program.events[0]!.key);
    program.child.stdout!.destroy();
    program.child.stderr!.destroy();
    const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'anybody there?' }] };
    for (let n = 0; n < 3; n++) assert.equal((await post(url, key, body)).status, 200);
    await assertEndsBy('SIGTERM', program);
  });

  it('zero configuration: key, then listening with demo/echo, then an answer, then a clean end', async () => {
    const program = start(common());
    const url = await listening(program);
    assert.deepEqual(
      program.events.slice(0, 2).map((event) => event.event),
      ['key', 'listening'],
    );
    assert.ok((program.events[1]!.models as string[]).includes('demo/echo'));
    const key = String(program.events[0]!.key);
    assert.match(key, /^sk-[\w-]{40,}$/);
    const answer = await post(url, key, {
      model: 'demo/echo',
      messages: [{ role: 'user', content: 'anybody there?' }],
    });
    assert.match(await answer.text(), /anybody there\?/);
    await program.event((event) => event.event === 'request');
    await assertEndsBy('SIGTERM', program);
    const file = path.join(temp.folder, 'data', 'client-key');
    assertPrivate(file, 0o600);
    assert.equal(readFileSync(file, 'utf8').trim(), key);
  });

  it('reads .env again when it changes; a key that no header can hold is a key error, not tried again', async () => {
    const env = path.join(temp.folder, '.env');
    writeFileSync(
      path.join(temp.folder, 'llm-router.json'),
      JSON.stringify({ backends: [{ name: 'lab', baseUrl: `${upstream.url}/v1`, apiKeyEnv: 'LAB_KEY' }] }),
    );
    writeFileSync(env, Buffer.from('\ufeffLAB_KEY="sk-a\nb"\n', 'utf16le'));
    const program = start(common(), { LLMROUTER_API_KEY: 'sk-mine-0123456789abcdef\n' });
    const url = await listening(program);
    const ask = () =>
      post(url, 'sk-mine-0123456789abcdef', { model: 'lab/m', messages: [{ role: 'user', content: 'x' }] });
    const refused = await ask();
    assert.equal(refused.status, 401);
    assert.match(await refused.text(), /The key of lab cannot be sent.*LAB_KEY/);
    assert.match(program.stderr(), /The key of lab cannot be sent/);
    assert.equal(upstream.seen.length, 0);
    writeFileSync(env, 'LAB_KEY=sk-good\n');
    while (!/variables are in force/.test(program.stderr())) await new Promise((done) => setTimeout(done, 50));
    assert.equal((await ask()).status, 200);
    assert.equal(upstream.seen[0]!.headers.authorization, 'Bearer sk-good');
  });

  it('keeps the generated key over a restart', async () => {
    const first = start(common());
    await listening(first);
    await assertEndsBy('SIGINT', first);
    const second = start(common());
    await listening(second);
    assert.equal(second.events[0]!.key, first.events[0]!.key);
  });

  it('a second one on the same data directory ends with 2, names the first and leaves it alone; a killed one is no hindrance', async () => {
    const first = start(common());
    const url = await listening(first);
    const second = start(common());
    assert.equal(await second.exited, 2);
    assert.match(second.stderr(), new RegExp(`process ${first.child.pid} on port ${new URL(url).port}\\b.*--data-dir`));
    assert.equal((await fetch(`${url.replace('/v1', '')}/health`)).status, 200);
    first.child.kill('SIGKILL');
    await first.exited;
    const others = [start(common()), start(common()), start(common())];
    const winner = await Promise.any(others.map(async (one) => listening(one).then(() => one)));
    const codes = await Promise.all(others.filter((one) => one !== winner).map((one) => one.exited));
    assert.deepEqual(codes, [2, 2]);
    await assertEndsBy('SIGTERM', winner);
    // Ended at once it leaves the note; who comes next finds nobody there.
    if (!onWindows) assert.ok(!existsSync(path.join(temp.folder, 'data', 'run', 'headless.json')));
  });

  it('ends with 2 and names the file when what says who runs there cannot be read', async () => {
    const file = path.join(temp.folder, 'data', 'run', 'headless.json');
    mkdirSync(file, { recursive: true });
    const program = start(common());
    assert.equal(await program.exited, 2);
    assert.ok(program.stderr().includes(`${file} would say`));
  });

  it('ends with 2 and names the file when the key it made is lost; no other key is made', async () => {
    const first = start(common());
    await listening(first);
    await assertEndsBy('SIGINT', first);
    const file = path.join(temp.folder, 'data', 'client-key');
    rmSync(file);
    const second = start(common());
    assert.equal(await second.exited, 2);
    assert.ok(second.stderr().includes(file));
    assert.ok(!existsSync(file));
  });

  itOnPosix(
    'a signal while an answer runs says what it waits for and how not to',
    'a signal there ends at once',
    async () => {
      const file = { backends: [{ name: 'lab', baseUrl: `${upstream.url}/v1`, models: [{ id: 'lab/m' }] }] };
      writeFileSync(path.join(temp.folder, 'llm-router.json'), JSON.stringify(file));
      const asked = new Promise<() => void>((resolve) => {
        const usual = upstream.answers;
        upstream.answers = [
          (seen, response) => {
            if (seen.method !== 'POST') return json({ data: [] })(seen, response);
            upstream.answers = usual;
            resolve(() => void json(chatCompletion('late'))(seen, response));
          },
        ];
      });
      const program = start(common());
      const url = await listening(program);
      const answer = post(url, String(program.events[0]!.key), { model: 'lab/m', messages: [] });
      const finish = await asked;
      program.child.kill('SIGTERM');
      while (!/a second signal ends them at once/.test(program.stderr()))
        await new Promise((done) => setTimeout(done, 20));
      finish();
      assert.equal((await answer).status, 200);
      assert.equal(await program.exited, 0);
    },
  );

  it('ends with 2 at an address that is not this machine’s, and says which are', async () => {
    for (const host of ['no-such-host.invalid', '192.0.2.1']) {
      const program = start([...common(), '--host', host]);
      assert.equal(await program.exited, 2);
      assert.match(
        program.stderr(),
        new RegExp(`^--host: ${host} is no address of this machine\\. .*0\\.0\\.0\\.0`, 'm'),
      );
      assert.equal(program.events.at(-1)?.path, '--host');
    }
  });

  it('log.level of the file is the level of the terminal, also when it changes, unless the command line says one', async () => {
    const file = path.join(temp.folder, 'llm-router.json');
    const level = (name: string) => writeFileSync(file, JSON.stringify({ log: { level: name } }));
    level('error');
    const loud = start([...common(), '--log-level', 'info']);
    await listening(loud);
    assert.match(loud.stderr(), /Listening on/);
    await assertEndsBy('SIGTERM', loud);
    const program = start(common());
    await listening(program);
    assert.equal(program.stderr(), '');
    level('info');
    while (!/configuration is in force/.test(program.stderr())) await new Promise((done) => setTimeout(done, 50));
  });

  it('a variable that is named for the client key and holds none is told', async () => {
    const program = start([...common(), '--llmrouter-api-key-env', 'NOBODY_SET_THIS']);
    await listening(program);
    assert.match(program.stderr(), /NOBODY_SET_THIS is not set, so clients have to send the key that was made here/);
  });

  it('offers every backend whose key is in the environment, openai as the default', async () => {
    const program = start(common(), {
      OPENAI_API_KEY: 'sk-o',
      GROQ_API_KEY: 'gsk',
      LLMROUTER_API_KEY: 'sk-mine-0123456789abcdef',
    });
    await listening(program);
    assert.ok(
      program.events.every((event) => event.event !== 'key'),
      'a given key is not printed',
    );
  });

  it('runs an llm-router file with its variables from .env, aliases, role rewrites and dropped parameters', async () => {
    writeFileSync(path.join(temp.folder, 'config.json'), LLM_ROUTER_FILE(upstream.port));
    writeFileSync(path.join(temp.folder, '.env'), 'GROQ_API_KEY=gsk-from-file\nMY_KEY=sk-my-client-key-000000\n');
    const url = await listening(start(common()));
    const answer = await post(url, 'sk-my-client-key-000000', {
      model: 'o1',
      reasoning_effort: 'high',
      messages: [{ role: 'developer', content: 'x' }],
    });
    assert.equal(answer.status, 200);
    const seen = upstream.seen[0]!;
    assert.equal(seen.headers.authorization, 'Bearer gsk-from-file');
    assert.equal(seen.path, '/openai/v1/chat/completions');
    assert.equal(seen.text, '{"model":"deepseek","messages":[{"role":"system","content":"x"}]}');
  });

  it('runs a LiteLLM file; its master key is the client key', async () => {
    writeFileSync(path.join(temp.folder, 'any.yaml'), LITELLM_FILE(upstream.port));
    const url = await listening(start([...common(), '--config', 'any.yaml'], { FAST_KEY: 'sk-fast' }));
    assert.equal((await post(url, 'sk-litellm-master-key-1234', { model: 'fast', messages: [] })).status, 200);
    assert.equal(upstream.seen[0]!.headers.authorization, 'Bearer sk-fast');
    assert.equal(upstream.seen[0]!.json().model, 'gpt-test');
  });

  it('client key: flag before environment before .env before the file', async () => {
    writeFileSync(path.join(temp.folder, 'any.yaml'), LITELLM_FILE(upstream.port));
    writeFileSync(path.join(temp.folder, '.env'), 'LLMROUTER_API_KEY=sk-from-dotenv-0000000000\n');
    const keys = [
      {
        args: ['--llmrouter-api-key', 'sk-from-flag-000000000000'],
        env: { LLMROUTER_API_KEY: 'sk-from-env-00000000000' },
        good: 'sk-from-flag-000000000000',
      },
      { args: [], env: { LLMROUTER_API_KEY: 'sk-from-env-00000000000' }, good: 'sk-from-env-00000000000' },
      { args: [], env: {}, good: 'sk-from-dotenv-0000000000' },
      {
        args: ['--llmrouter-api-key-env', 'OTHER'],
        env: { OTHER: 'sk-from-other-0000000000' },
        good: 'sk-from-other-0000000000',
      },
    ];
    for (const { args, env, good } of keys) {
      const program = start([...common(), '--config', 'any.yaml', ...args], {
        FAST_KEY: 'x',
        ...(env as Record<string, string>),
      });
      const url = await listening(program);
      for (const key of new Set(keys.map((one) => one.good))) {
        assert.equal(
          (await fetch(`${url}/models`, { headers: { authorization: `Bearer ${key}` } })).status,
          key === good ? 200 : 401,
        );
      }
      program.child.kill('SIGTERM');
      await program.exited;
    }
  });

  it('puts a changed file into force, and refuses a broken one with line and reason while the last good one serves', async () => {
    const file = path.join(temp.folder, 'llm-router.json');
    const write = (alias: string) => {
      writeFileSync(
        `${file}.new`,
        `{\n  // comments are fine\n  "backends": [{ "name": "up", "baseUrl": "${upstream.url}" }],\n  "aliases": { "a": "up/${alias}" }\n}`,
      );
      renameSync(`${file}.new`, file);
    };
    write('one');
    const program = start(common(), { LLMROUTER_API_KEY: 'sk-mine-0123456789abcdef' });
    const url = await listening(program);
    const served = async () => {
      await post(url, 'sk-mine-0123456789abcdef', { model: 'a', messages: [] });
      return upstream.seen.at(-1)!.json().model;
    };
    assert.equal(await served(), 'one');
    write('two');
    const deadline = Date.now() + 5_000;
    while ((await served()) !== 'two' && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(await served(), 'two');
    writeFileSync(file, '{\n  "backends": [{ "name": "up" ]\n}');
    const problem = await program.event((event) => event.event === 'configError');
    assert.equal(problem.line, 2);
    assert.equal(typeof problem.column, 'number');
    assert.equal(await served(), 'two');
  });

  it('exits with 2 and the reason: unusable configuration, bad option, a named port that is taken', async () => {
    writeFileSync(
      path.join(temp.folder, 'bad.json'),
      '{ "backends": [{ "name": "a b", "baseUrl": "ftp://x" }], "prot": 1 }',
    );
    const bad = start([...common(), '--config', 'bad.json']);
    assert.equal(await bad.exited, 2);
    assert.ok(bad.events.filter((event) => event.event === 'configError').length >= 3, bad.stdout());
    assert.match(bad.stderr(), /bad\.json:1:\d+ backends\[0\]/);

    const missing = start([...common(), '--config', 'nowhere.json']);
    assert.equal(await missing.exited, 2);
    assert.match(missing.stderr(), /no such file|does not exist|cannot be read/i);

    const wrong = start(['--port', 'eighty']);
    assert.equal(await wrong.exited, 2);
    assert.match(wrong.stderr(), /--port takes a number/);

    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const refused = start([
      '--json',
      '--port',
      String(port),
      '--tunnel',
      'none',
      '--data-dir',
      path.join(temp.folder, 'd2'),
    ]);
    assert.equal(await refused.exited, 2);
    assert.match(refused.stderr(), /already in use/);
    taken.close();
  });

  it('tells a person the same in words', async () => {
    const program = startProgram(['--port', '0', '--tunnel', 'none', '--data-dir', path.join(temp.folder, 'data')], {
      cwd: temp.folder,
    });
    running.push(program);
    while (!/Tunnel/.test(program.stdout()))
      await new Promise((resolve) => program.child.stdout!.once('data', resolve));
    assert.match(program.stdout(), /Key\s+sk-/);
    assert.match(program.stdout(), /Local URL http:\/\/127\.0\.0\.1:\d+\/v1/);
    assert.match(program.stdout(), /Models\s+demo\/echo/);
  });

  it('tells a person where the metrics are, also when they are switched on later, and what the backends list, where the file names no models', async () => {
    own = await startUpstream(json({ data: [{ id: 'listed' }] }));
    const backends = [{ name: 'own', baseUrl: `${own.url}/v1` }];
    const file = { backends, metrics: { enabled: true, port: 0 } };
    writeFileSync(path.join(temp.folder, 'llm-router.json'), JSON.stringify(file));
    const program = start(['--port', '0', '--tunnel', 'none', '--data-dir', path.join(temp.folder, 'data')]);
    while (!/listed/.test(program.stdout()))
      await new Promise((resolve) => program.child.stdout!.once('data', resolve));
    assert.match(
      program.stdout(),
      /Local URL \S+\n +Metrics +http:\/\/127\.0\.0\.1:\d+\/metrics, token in .*metrics-token/,
    );
    assert.match(program.stdout(), /Models +the configuration names none; [\s\S]*Models +own\/listed\n/);
    const rows = () => [...program.stdout().matchAll(/Metrics +(http:\S+)\/metrics, token/g)].map(([, url]) => url!);
    for (const enabled of [false, true]) {
      writeFileSync(
        path.join(temp.folder, 'llm-router.json'),
        JSON.stringify({ ...file, metrics: { enabled, port: 0 } }),
      );
      const changes = enabled ? 2 : 1;
      while (program.stderr().split('is in force').length <= changes)
        await new Promise((resolve) => program.child.stderr!.once('data', resolve));
    }
    while (rows().length < 2) await new Promise((resolve) => program.child.stdout!.once('data', resolve));
    assert.equal((await fetch(`${rows()[1]}/metrics`)).status, 401);
  });
});
