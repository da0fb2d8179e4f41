import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadConfigText } from '../../../src/config/load';
import { buildBackends } from '../../../src/routing/build';

/** `line:column path: message` of every problem. */
function told(text: string): string[] {
  return loadConfigText(text).problems.map(
    ({ path, message, line, column }) => `${line}:${column} ${path}: ${message}`,
  );
}

describe('loadConfigText: a variable that is named for a key', () => {
  const warned = (text: string, env: Record<string, string>, keysFromEnv = true) =>
    loadConfigText(text, { env, keysFromEnv }).problems.map(
      ({ path, message, severity }) => `${severity} ${path}: ${message}`,
    );
  const own = JSON.stringify({
    backends: [
      { name: 'a', baseUrl: 'https://x.example', apiKeyEnv: 'A_KEY', models: [{ id: 'm', apiKeyEnv: 'M_KEY' }] },
      { name: 'b', baseUrl: 'http://127.0.0.1:8000', apiKeyEnv: 'B_KEY', requireApiKey: false },
    ],
    clientKeys: [{ name: 'phone', apiKeyEnv: 'PHONE_KEY' }],
  });
  it('and holds none is a warning where keys come from variables alone', () => {
    assert.deepEqual(warned(own, { M_KEY: ' \n' }), [
      'warning backends[0].apiKeyEnv: The environment variable A_KEY is not set.',
      'warning backends[0].models[0].apiKeyEnv: The environment variable M_KEY is not set.',
      'warning clientKeys[0].apiKeyEnv: The environment variable PHONE_KEY is not set.',
    ]);
    assert.deepEqual(warned(own, { A_KEY: '1', M_KEY: '2', PHONE_KEY: '3' }), []);
    assert.deepEqual(warned(own, {}, false), []);
  });
  it('is found at its place in a file of llm-router, and not missed where a key stands beside it', () => {
    const backend = { name: 'a', base_url: 'https://x.example', require_api_key: true, key_env_var: 'A_KEY' };
    const text = (more: object) => JSON.stringify({ listening_port: 1, backends: [{ ...backend, ...more }] });
    assert.deepEqual(warned(text({}), {}), [
      'warning backends[0].key_env_var: The environment variable A_KEY is not set.',
    ]);
    assert.deepEqual(warned(text({ key: 'k' }), {}), []);
    assert.deepEqual(warned(text({ require_api_key: false }), {}), []);
  });
  it('is told once in a LiteLLM file, which looks it up where it stands', () => {
    const text = JSON.stringify({
      model_list: [{ model_name: 'm', litellm_params: { model: 'groq/llama', api_key: 'os.environ/A_KEY' } }],
    });
    assert.deepEqual(warned(text, {}), [
      'warning model_list[0].litellm_params.api_key: The environment variable A_KEY is not set.',
    ]);
  });
  it('does not matter while the file cannot be used: no key of it is taken', () => {
    const backends = [{ name: 'a', base_url: 'https://x.example', key: 'k' }];
    const load = (listening_port: unknown) => loadConfigText(JSON.stringify({ listening_port, backends }));
    assert.deepEqual(load(1).secrets, { a: 'k' });
    assert.deepEqual(load('x').secrets, {});
  });
});

describe('loadConfigText: our own JSON', () => {
  it('takes comments, trailing commas and a byte order mark', () => {
    const text = `\ufeff// where models come from
{
  "$schema": "x",
  "port": 12000, /* any */
  "backends": [{ "name": "a", "baseUrl": "https://x.example", }, ],
}`;
    const { kind, settings, problems, secrets } = loadConfigText(text);
    assert.equal(kind, 'own');
    assert.deepEqual(problems, []);
    assert.deepEqual(secrets, {});
    assert.equal(settings?.port, 12_000);
    assert.equal(settings?.backends[0]?.name, 'a');
  });
  it('takes keys nested, dotted and as they stand in settings.json', () => {
    const nested = loadConfigText('{"tunnel": {"provider": "none"}, "log": {"level": "debug"}}').settings;
    const dotted = loadConfigText('{"tunnel.provider": "none", "llmRouter.log.level": "debug"}').settings;
    const mixed = loadConfigText(
      '{"tunnel": {"url": ""}, "tunnel.provider": "none", "llmRouter.log": {"level": "debug"}}',
    ).settings;
    assert.ok(nested);
    assert.deepEqual(dotted, nested);
    assert.deepEqual(mixed, nested);
  });

  const rows: [string, string, string[]][] = [
    ['an empty file', '', ['1:1 : The configuration file is empty.']],
    ['blanks', ' \n\t\n', ['1:1 : The configuration file is empty.']],
    ['half a file', '{\n  "port": 12', ['2:13 : A closing brace } is missing.']],
    ['half a text', '{\n  "log": {"level": "in', ['2:20 : This text is never closed.']],
    ['a missing comma', '{\n  "port": 1\n  "autoStart": true\n}', ['3:3 : A comma is expected before this.']],
    ['a missing colon', '{\n  "port" 1}', ['2:10 : A colon is expected here.']],
    ['a missing value', '{"port": }', ['1:10 : A value is expected here.']],
    ['a bare word', '{"port": yes}', ['1:10 : This word is not valid JSON; texts stand in double quotes.']],
    ['single quotes', "{'port': 1}", ['1:2 : This word is not valid JSON; texts stand in double quotes.']],
    ['something behind the end', '{}\n{}', ['2:1 : Nothing may stand after the end of the configuration.']],
    [
      'a wrong value, with Windows line ends',
      '{\r\n  "log": {\r\n    "level": "x"\r\n  }\r\n}',
      ['3:14 log.level: level must be one of error, warn, info, debug.'],
    ],
    [
      'a wrong dotted value',
      '{\n "llmRouter.tunnel.provider": "x"}',
      [
        '2:31 llmRouter.tunnel.provider: provider must be one of cloudflared, cloudflared-named, ngrok, tailscale, custom, none.',
      ],
    ],
    ['an unknown key: the key is meant', '{\n  "prot": 5}', ['2:3 prot: There is no setting prot. Did you mean port?']],
    [
      'something missing: the thing around it is meant',
      '{"backends": [\n  {"baseUrl": "https://x.example"}]}',
      ['2:3 backends[0].name: name is missing.'],
    ],
    ['a key written twice', '{"port": 1,\n "port": 2}', ['2:2 port: port is written twice.']],
    [
      'a key written twice inside',
      '{"backends": [{"name": "a",\n"name": "b", "baseUrl": "https://x.example"}]}',
      ['2:1 backends[0].name: name is written twice.'],
    ],
    [
      'nested and dotted at once',
      '{"tunnel": {"provider": "none"},\n"tunnel.provider": "ngrok"}',
      ['2:1 tunnel.provider: tunnel.provider is written twice.'],
    ],
    ['dotted behind what is no group', '{"port": 1,\n"port.x": 2}', ['2:1 port.x: port.x is written twice.']],
    ['a group behind what is none', '{"llmRouter.port": 1,\n"port": {"x": 2}}', ['2:1 port: port is written twice.']],
    [
      'the name of something that every object has',
      '{"constructor": 1}',
      ['1:2 constructor: There is no setting constructor.'],
    ],
    [
      'something else entirely',
      '[1, 2]',
      [
        '1:1 : This is no configuration of the router: it is neither settings in JSON, nor an llm-router config.json, nor a LiteLLM config.yaml with a model_list.',
      ],
    ],
  ];
  for (const [what, text, expected] of rows) {
    it(`says where: ${what}`, () => {
      assert.deepEqual(told(text), expected);
      assert.equal(loadConfigText(text).settings, undefined);
    });
  }
  it('places warnings too, and keeps the settings', () => {
    const text = '{\n  "aliases": {\n    "x": "nowhere"\n  }\n}';
    assert.deepEqual(told(text), ['3:10 aliases.x: The alias x means nowhere, but no backend serves that name.']);
    assert.ok(loadConfigText(text).settings);
  });
  it('takes any text without throwing, and never gives settings with an error', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"port"',
      ':',
      ',',
      '1',
      '"x"',
      '\n',
      '- ',
      'model_list',
      'null',
      '&a',
      '*a',
      '<<',
      '__proto__',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (text) => {
          const { settings, problems } = loadConfigText(text);
          assert.equal(
            settings === undefined,
            problems.some(({ severity }) => severity === 'error'),
          );
          for (const { line, column } of problems) assert.ok((line ?? 0) >= 1 && (column ?? 0) >= 1);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('loadConfigText: llm-router config.json', () => {
  it('OPENAI_API_KEY goes to no other host by itself, and the file says what to do', () => {
    const file = (base_url: string, more: object = {}) =>
      loadConfigText(JSON.stringify({ backends: [{ name: 'openai', base_url, require_api_key: true, ...more }] }));
    const relay = file('https://relay.example/v1');
    assert.match(relay.problems[0]!.message, /OPENAI_API_KEY.*"key_env_var": "OPENAI_API_KEY"/);
    const [built] = buildBackends(relay.settings!, { OPENAI_API_KEY: 'sk-real' });
    assert.equal(built!.apiKeyEnv, undefined);
    assert.deepEqual(file('https://relay.example/v1', { key_env_var: 'OPENAI_API_KEY' }).problems, []);
    const own = file('https://api.openai.com/v1');
    assert.deepEqual(own.problems, []);
    assert.equal(buildBackends(own.settings!, {})[0]!.apiKeyEnv, 'OPENAI_API_KEY');
  });

  const sample = {
    listening_port: 9090,
    llmrouter_api_key_env: 'MY_KEY',
    aliases: { fast: 'groq/llama' },
    backends: [
      {
        name: 'openai',
        base_url: 'https://api.openai.com',
        prefix: 'openai/',
        default: true,
        require_api_key: true,
        key_env_var: 'OPENAI_API_KEY',
      },
      {
        name: 'ollama',
        base_url: 'http://localhost:11434/v1',
        prefix: 'ollama/',
        role_rewrites: { developer: 'system' },
      },
      {
        name: 'groq',
        base_url: 'https://api.groq.com/openai/v1',
        prefix: 'groq/',
        unsupported_params: ['reasoning_effort'],
      },
      { name: 'mine', base_url: 'https://llm.example/api', prefix: '', default: false },
    ],
  };
  it('what says nothing there says nothing here', () => {
    const file = { $schema: 'x', listening_port: 1, aliases: null, backends: null };
    assert.deepEqual(told(JSON.stringify(file)), []);
    const backends = [{ name: 'openai', base_url: 'https://relay.example/v1', api_key: '', key_env_var: null }];
    const { problems, secrets } = loadConfigText(JSON.stringify({ ...file, backends }));
    assert.deepEqual([problems, secrets], [[], {}]);
  });
  it('the name of a local server means it on this machine only', () => {
    const preset = (base_url: string, name = 'ollama') =>
      loadConfigText(JSON.stringify({ listening_port: 1, backends: [{ name, base_url }] })).settings?.backends[0]
        ?.preset;
    assert.equal(preset('http://192.168.1.2:11434/v1'), 'ollama');
    assert.equal(preset('https://llm.example/v1'), undefined);
    assert.equal(preset('http://127.0.0.1:9/v1', 'demo'), undefined);
  });
  it('a default backend without prefix gets names whole', () => {
    const base_url = 'https://openrouter.ai/api/v1';
    const { settings } = loadConfigText(
      JSON.stringify({ listening_port: 1, backends: [{ name: 'openrouter', base_url, default: true }] }),
    );
    assert.equal(settings?.backends[0]?.prefix, '');
  });
  it('means the same here', () => {
    const { kind, settings, problems, clientKeyEnv, secrets } = loadConfigText(JSON.stringify(sample));
    assert.equal(kind, 'llm-router');
    assert.deepEqual(problems, []);
    assert.equal(clientKeyEnv, 'MY_KEY');
    assert.deepEqual(secrets, {});
    assert.equal(settings?.port, 9090);
    assert.deepEqual(settings?.aliases, { fast: 'groq/llama' });
    assert.deepEqual(settings?.backends, [
      {
        requireApiKey: true,
        preset: 'openai',
        name: 'openai',
        baseUrl: 'https://api.openai.com',
        prefix: 'openai/',
        default: true,
        apiKeyEnv: 'OPENAI_API_KEY',
      },
      {
        requireApiKey: false,
        preset: 'ollama',
        name: 'ollama',
        baseUrl: 'http://localhost:11434/v1',
        prefix: 'ollama/',
        roleRewrites: { developer: 'system' },
      },
      {
        requireApiKey: false,
        preset: 'groq',
        name: 'groq',
        baseUrl: 'https://api.groq.com/openai/v1',
        prefix: 'groq/',
        unsupportedParams: ['reasoning_effort'],
      },
      { requireApiKey: false, name: 'mine', baseUrl: 'https://llm.example/api' },
    ]);
  });
  it('sets keys aside, and reads keys of any case as Go does', () => {
    const { settings, secrets, problems } = loadConfigText(
      '{"Listening_Port": 1, "LLMRouter_API_Key": "sk-client", "log_level": "fatal", "Backends": [{"Name": "a", "BASE_URL": "https://x.example", "api_key": "sk-one"}]}',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(secrets, { 'client:main': 'sk-client', a: 'sk-one' });
    assert.ok(!JSON.stringify(settings).includes('sk-'));
    assert.equal(settings?.port, 1);
    assert.equal(settings?.log.level, 'error');
  });
  it('reads a logging object', () => {
    assert.equal(loadConfigText('{"listening_port": 1, "logging": {"level": "debug"}}').settings?.log.level, 'debug');
  });
  const rows: [string, string, string[]][] = [
    [
      'a wrong type under its own name',
      '{"listening_port":\n "x"}',
      ['2:2 listening_port: port must be a number, but it is a text.'],
    ],
    [
      'a wrong URL under its own name',
      '{"backends": [{"name": "a",\n "base_url": "x"}]}',
      ['2:14 backends[0].base_url: baseUrl is wrong: it starts with http:// or https:// and has no spaces.'],
    ],
    [
      'what it does not know, as a warning',
      '{"listening_port": 1,\n "extra": 1, "backends": [{"name": "a", "base_url": "https://x.example",\n "weight": 2}]}',
      [
        '2:2 extra: extra is not known here and has no effect.',
        '3:2 backends[0].weight: weight is not known here and has no effect.',
      ],
    ],
    [
      'an unknown level',
      '{"listening_port": 1, "log_level": "loud"}',
      ['1:36 log_level: This log level is not known: debug, info, warn or error are.'],
    ],
    [
      'an alias loop',
      '{"listening_port": 1, "aliases": {"a": "b",\n "b": "a"}}',
      ['1:40 aliases.a: This alias leads back to itself: a → b → a.'],
    ],
    [
      'two prefixes',
      '{"backends": [{"name": "a", "base_url": "https://x.example", "prefix": "p/"},\n{"name": "b", "base_url": "https://x.example", "prefix": "p/"}]}',
      ['2:58 backends[1].prefix: Two backends have the prefix p/; a model name must lead to one of them.'],
    ],
    [
      'backends of another type',
      '{"listening_port": 1, "backends": {}}',
      ['1:35 backends: backends must be a list, but it is an object.'],
    ],
  ];
  for (const [what, text, expected] of rows) it(`says where: ${what}`, () => assert.deepEqual(told(text), expected));
});
