import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfigText } from '../../../src/config/load';
import { findConfigFile, readConfigFile, watchConfigFile } from '../../../src/process/configFile';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';

describe('configuration file', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'llm-router-config-'));
    file = path.join(folder, 'llm-router.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A watcher whose looks the test makes; `told` collects what it says. */
  function watch(known?: string) {
    const told: string[] = [];
    let look = async (): Promise<void> => {};
    const watcher = watchConfigFile(file, {
      env: {},
      ...(known === undefined ? {} : { known }),
      onConfig: ({ settings }) => told.push(`port ${settings?.port}`),
      onProblems: (problems) => told.push(...problems.map(({ message }) => message)),
      every: (ms, run) => {
        assert.ok(ms * 3 < 1_000, 'a change is in effect within a second');
        look = run;
        return () => {
          look = async () => {};
        };
      },
    });
    let clock = 1_700_000_000;
    return {
      told,
      stop: watcher.stop,
      look: async (times = 1) => {
        for (let time = 0; time < times; time += 1) await look();
      },
      /** Writes with a time of its own, however coarse the file system counts. */
      write(text: string) {
        writeFileSync(file, text);
        clock += 1;
        utimesSync(file, clock, clock);
      },
    };
  }

  it('takes a change over once the file stands still', async () => {
    const { told, look, write } = watch();
    write('{"port": 1}');
    await look();
    assert.deepEqual(told, []);
    await look();
    assert.deepEqual(told, ['port 1']);
    write('{"port": 2}');
    await look(2);
    await look(5);
    assert.deepEqual(told, ['port 1', 'port 2']);
  });
  it('reads what a LiteLLM file includes, names file and line, and sees a change there', async () => {
    file = path.join(folder, 'config.yaml');
    const other = path.join(folder, 'more.yaml');
    const entry = (name: string, more = '') =>
      `  - {model_name: ${name}, litellm_params: {model: openai/${name}${more}}}\n`;
    writeFileSync(file, `include: [more.yaml]\nmodel_list:\n${entry('a')}`);
    writeFileSync(other, `include: [config.yaml, more.yaml]\nmodel_list:\n${entry('b')}${entry('c', ', odd: 1')}`);
    const { loaded, text } = await readConfigFile(file, {});
    const names = ({ settings }: typeof loaded) =>
      settings?.backends.flatMap(({ models }) => models?.map(({ id }) => id));
    assert.deepEqual(names(loaded), ['a', 'b', 'c']);
    assert.deepEqual(
      loaded.problems.map(({ message, line }) => `${line} ${message}`),
      [`1 ${other}:4: odd has no counterpart here and is left out.`],
    );
    const told: unknown[] = [];
    let look = async (): Promise<void> => {};
    const { stop } = watchConfigFile(file, {
      env: {},
      ...(text !== undefined && { known: text }),
      onConfig: (config) => told.push(names(config)),
      onProblems: (problems) => told.push(problems.map(({ message }) => message)),
      every: (_ms, run) => {
        look = run;
        return () => {};
      },
    });
    for (let time = 0; time < 5; time += 1) await look();
    assert.deepEqual(told, []);
    writeFileSync(other, `model_list:\n${entry('longer')}`);
    for (let time = 0; time < 5; time += 1) await look();
    rmSync(other);
    for (let time = 0; time < 5; time += 1) await look();
    stop();
    assert.deepEqual(told, [['a', 'longer'], [`The included file ${other} cannot be read.`]]);
  });
  it('says nothing of what is in force already, nor of a touch', async () => {
    writeFileSync(file, '{"port": 1}');
    const { told, look, write } = watch('{"port": 1}');
    await look(3);
    write('{"port": 1}');
    await look(3);
    assert.deepEqual(told, []);
  });
  it('notices a change that was made before the first look', async () => {
    writeFileSync(file, '{"port": 2}');
    const { told, look } = watch('{"port": 1}');
    await look(3);
    assert.deepEqual(told, ['port 2']);
  });
  it('waits out a half-written file', async () => {
    const { told, look, write } = watch('{"port": 1}');
    write('{"port": 1}');
    await look(2);
    write('');
    await look(2);
    write('{"port"');
    await look(2);
    write('{"port": 3}');
    await look(2);
    assert.deepEqual(told, ['port 3']);
  });
  it('tells a file that stays broken once, and takes it back when it is as before', async () => {
    const { told, look, write } = watch('{"port": 1}');
    write('{"port": }');
    await look(2);
    assert.deepEqual(told, []);
    await look(6);
    assert.deepEqual(told, ['A value is expected here.']);
    write('{"port": 1}');
    await look(3);
    assert.deepEqual(told, ['A value is expected here.', 'port 1']);
  });
  it('follows editors that replace a file by renaming', async () => {
    writeFileSync(file, '{"port": 1}');
    const { told, look } = watch('{"port": 1}');
    await look(2);
    writeFileSync(`${file}~`, '{"port": 4}');
    renameSync(`${file}~`, file);
    await look(2);
    assert.deepEqual(told, ['port 4']);
  });
  it('says that a file is gone, and takes it again when it is back', async () => {
    const { told, look, write } = watch('{"port": 1}');
    write('{"port": 1}');
    await look(2);
    rmSync(file);
    await look(6);
    assert.deepEqual(told, [`The configuration file ${file} does not exist.`]);
    write('{"port": 1}');
    await look(3);
    assert.equal(told.at(-1), 'port 1');
  });
  it('says nothing after stop', async () => {
    const { told, look, write, stop } = watch();
    write('{"port": 1}');
    await look();
    stop();
    await look(3);
    assert.deepEqual(told, []);
  });
  it('looks by itself', async () => {
    // The timer of the watcher does not keep a process alive; this one does until the test is over.
    const alive = setInterval(() => {}, 1_000);
    const port = new Promise<number | undefined>((resolve) => {
      const { stop } = watchConfigFile(file, {
        env: {},
        onConfig: ({ settings }) => {
          stop();
          resolve(settings?.port);
        },
        onProblems: () => {},
      });
    });
    writeFileSync(file, '{"port": 7}');
    assert.equal(await port.finally(() => clearInterval(alive)), 7);
  });

  it('says why a file cannot be read', async () => {
    const why = async (name: string) => (await readConfigFile(path.join(folder, name), {})).loaded.problems[0]?.message;
    assert.equal(await why('none.json'), `The configuration file ${path.join(folder, 'none.json')} does not exist.`);
    mkdirSync(path.join(folder, 'sub'));
    assert.equal(await why('sub'), `${path.join(folder, 'sub')} is a folder, not a configuration file.`);
  });
  it('finds the file of this folder: ours, llm-router, LiteLLM, in that order', async () => {
    const put = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
    const found = async () => path.basename((await findConfigFile(folder, {})) ?? '');
    assert.equal(await found(), '');
    put('config.json', '{"compilerOptions": {}}');
    assert.equal(await found(), '', 'a config.json of another program');
    put('litellm_config.yaml', 'model_list: []\n');
    assert.equal(await found(), 'litellm_config.yaml');
    put('config.json', '{"listening_port": 1}');
    assert.equal(await found(), 'config.json');
    put('config.json', '{"listening_port": 1');
    assert.equal(await found(), 'config.json', 'a broken one is still meant');
    put('llm-router.json', '{');
    assert.equal(await found(), 'llm-router.json');
  });
});

describe('configuration files of others, unchanged', () => {
  const fixtures = path.join(process.env.LLM_ROUTER_FIXTURES ?? '../shared/fixtures', 'configs');
  const rows: [string, Record<string, string>, Record<string, string>][] = [
    [
      'llm-router.config.json',
      {},
      {
        o1: 'groq https://api.groq.com/openai/v1 deepseek-r1-distill-qwen-32b GROQ_API_KEY',
        'o3-mini': 'ollama http://localhost:11434/v1 qwq -',
        'gpt-4o': 'openai https://api.openai.com/v1 gpt-4o OPENAI_API_KEY',
        'openai/gpt-4o': 'openai https://api.openai.com/v1 gpt-4o OPENAI_API_KEY',
      },
    ],
    [
      'litellm.config.yaml',
      { OPENROUTER_API_BASE: 'https://or.example/api/v1', OPENROUTER_API_KEY: 'a', OPENROUTER_API_KEY_DEV: 'b' },
      {
        'or-claude-sonnet': 'openrouter https://or.example/api/v1 anthropic/claude-sonnet-4.5 OPENROUTER_API_KEY',
        'or-gpt-codex': 'openrouter https://or.example/api/v1 openai/gpt-5.2-codex OPENROUTER_API_KEY',
        'or-gemini-pro': 'openrouter https://or.example/api/v1 google/gemini-3-pro-preview OPENROUTER_API_KEY',
        // Without an api_base LiteLLM itself asks where OPENROUTER_API_BASE points.
        'dev-fast': 'openrouter https://or.example/api/v1 google/gemini-flash-1.5 OPENROUTER_API_KEY_DEV',
        'local-llama': 'ollama http://localhost:11434/v1 llama3 -',
      },
    ],
  ];
  for (const [name, env, routes] of rows) {
    it(name, function () {
      const file = path.join(fixtures, name);
      if (!existsSync(file)) this.skip();
      const { settings, problems, secrets } = loadConfigText(readFileSync(file, 'utf8'), { env });
      assert.ok(settings);
      assert.ok(problems.every(({ severity }) => severity === 'warning'));
      assert.equal(secrets['client:main'], name.startsWith('litellm') ? 'sk-litellm-master-key-1234' : undefined);
      const table = createRouteTable(settings, buildBackends(settings, env));
      for (const [asked, expected] of Object.entries(routes)) {
        const target = table.resolve(asked);
        assert.ok(!('notFound' in target), asked);
        assert.equal(
          [target.backend.name, target.backend.baseUrl, target.upstreamModel, target.keyEnv ?? '-'].join(' '),
          expected,
        );
      }
    });
  }
});
