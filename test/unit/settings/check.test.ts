import assert from 'node:assert/strict';
import { validateSettings } from '../../../src/settings/check';
import { settingsSchema } from '../../../src/settings/schema';

const baseUrl = 'https://x.example/v1';
const a = { name: 'a', baseUrl };
const SECRET = 'sk-proj-abcdefghijklmnopqrstuvwxyz012345';

/** `path: message` of every problem, warnings with a `~` in front. */
function told(input: unknown): string[] {
  return validateSettings(input).problems.map(
    ({ path, message, severity }) => `${severity === 'warning' ? '~' : ''}${path}: ${message}`,
  );
}

describe('validateSettings', () => {
  it('fills in every default', () => {
    assert.deepEqual(validateSettings({}), { settings: settingsSchema.parse({}), problems: [] });
    assert.deepEqual(validateSettings(undefined).problems, []);
  });
  it('takes an empty fallbackModel, as the editor hands it over, for none', () => {
    assert.equal(validateSettings({ fallbackModel: '' }).settings?.fallbackModel, undefined);
    assert.equal(validateSettings({ fallbackModel: ' a ' }).settings?.fallbackModel, 'a');
  });
  it('takes blanks around a prefix, an address and the values of the tunnel for none', () => {
    const tunnel = {
      provider: 'custom',
      url: ' https://llm.example.com\n',
      hostname: ' h.example.com ',
      binary: ' /bin/ngrok ',
    };
    const { settings, problems } = validateSettings({
      backends: [{ name: ' a ', baseUrl: ` ${baseUrl}\r\n`, prefix: ' a/ ' }],
      tunnel,
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(settings?.backends[0], { name: 'a', baseUrl, prefix: 'a/' });
    assert.deepEqual(settings?.tunnel, {
      ...{ provider: 'custom', url: 'https://llm.example.com', hostname: 'h.example.com', binary: '/bin/ngrok' },
    });
    assert.deepEqual(told({ backends: [a, { name: 'b', baseUrl, prefix: ' a/ ' }] }), [
      'backends[1].prefix: Two backends have the prefix a/; a model name must lead to one of them.',
    ]);
  });
  it('takes blanks for nothing in what a kind of tunnel needs', () => {
    for (const [provider, setting] of [
      ['custom', 'url'],
      ['cloudflared-named', 'hostname'],
    ] as const)
      assert.match(
        told({ tunnel: { provider, [setting]: ' ' } }).join('\n'),
        new RegExp(`^tunnel\\.${setting}: .* needs`),
      );
  });
  it('takes a public URL without https, or with a user name or a password, for none', () => {
    for (const url of ['http://x.example', 'https://me@x.example', 'https://:pw@x.example'])
      assert.match(told({ tunnel: { provider: 'custom', url } }).join('\n'), /^tunnel\.url: .*must be a public URL/);
    assert.match(
      told({ backends: [{ name: 'a', baseUrl: 'https://:pw@x.example' }] }).join('\n'),
      /user name or password/,
    );
  });
  it('compares ports only where both are in use', () => {
    const metrics = (enabled: boolean, port: number) => told({ port, metrics: { enabled, port } }).length;
    assert.deepEqual([metrics(true, 9_000), metrics(false, 9_000), metrics(true, 0)], [1, 0, 0]);
    const points = (baseUrl: string, port: number) => told({ port, backends: [{ name: 'a', baseUrl }] });
    assert.match(points('http://127.0.0.1:9000/v1', 9_000).join('\n'), /points at port 9000/);
    assert.deepEqual(points('https://x.example:9000/v1', 9_000), []);
    assert.deepEqual(points('http://127.0.0.1/v1', 0), []);
  });
  it('tells of every name that leads nowhere or is hidden, wherever it stands', () => {
    const m = { id: 'm', routes: { images: 'nowhere' }, aliases: ['n', 'both'] };
    assert.deepEqual(told({ aliases: { both: 'm' }, backends: [{ ...a, default: false, models: [m, { id: 'n' }] }] }), [
      '~backends[0].models[0].routes.images: The route for images is nowhere, but no backend serves that name.',
      '~backends[0].models[0].aliases[0]: The alias n is never used, because a model has that id.',
      '~backends[0].models[0].aliases[1]: The alias both is never used, because it stands elsewhere too.',
    ]);
  });
  it('takes letters with accents in the value of a header', () => {
    assert.deepEqual(told({ backends: [{ ...a, headers: { 'x-team': 'café' } }] }), []);
  });
  it('gives no settings with an error, and settings with warnings', () => {
    assert.equal(validateSettings({ port: -1 }).settings, undefined);
    assert.ok(validateSettings({ aliases: { x: 'nowhere' } }).settings);
  });

  const shape: [string, unknown, string[]][] = [
    ['another type', { port: 'x' }, ['port: port must be a number, but it is a text.']],
    ['a fraction', { port: 1.5 }, ['port: port must be a whole number, but it is a number with a fraction.']],
    ['too large', { port: 70_000 }, ['port: port must be 65535 or less.']],
    ['too large beside a word', { lingerSeconds: 61 }, ['lingerSeconds: lingerSeconds must be 60 or less.']],
    ['no such word', { lingerSeconds: 'ever' }, ['lingerSeconds: lingerSeconds must be a number or always.']],
    [
      'neither number nor word',
      { lingerSeconds: true },
      ['lingerSeconds: lingerSeconds must be a number, but it is true or false.'],
    ],
    ['too small', { port: -1 }, ['port: port must be 0 or more.']],
    [
      'more than',
      { backends: [{ ...a, maxOutputTokens: 0 }] },
      ['backends[0].maxOutputTokens: maxOutputTokens must be more than 0.'],
    ],
    ['null', { tunnel: null }, ['tunnel: tunnel must be an object, but it is null.']],
    ['a list for an object', { aliases: [] }, ['aliases: aliases must be an object, but it is a list.']],
    ['no object at all', [], [': The configuration must be an object, but it is a list.']],
    [
      'an entry of another type',
      { backends: [3] },
      ['backends[0]: An entry of backends must be an object, but it is a number.'],
    ],
    [
      'a value not in the list',
      { cursor: { detect: 'maybe' } },
      ['cursor.detect: detect must be one of auto, always, never.'],
    ],
    ['something missing', { backends: [{ baseUrl }] }, ['backends[0].name: name is missing.']],
    [
      'an empty text',
      { backends: [{ ...a, apiKeyEnv: ' ' }] },
      ['backends[0].apiKeyEnv: apiKeyEnv must not be empty.'],
    ],
    [
      'an empty alias',
      { aliases: { '': 'a/b' } },
      ['aliases[""]: This name must not be empty or longer than 200 characters.'],
    ],
    [
      'a text too long',
      { backends: [{ ...a, prefix: 'x'.repeat(201) }] },
      ['backends[0].prefix: prefix must not be longer than 200 characters.'],
    ],
    [
      'a name with a slash',
      { backends: [{ name: 'a/b', baseUrl }] },
      ['backends[0].name: name is wrong: it has no spaces, slashes or colons.'],
    ],
    [
      'a wrong scheme',
      { backends: [{ name: 'a', baseUrl: 'ftp://x' }] },
      ['backends[0].baseUrl: baseUrl is wrong: it starts with http:// or https:// and has no spaces.'],
    ],
    [
      'a date',
      { clientKeys: [{ name: 'k', expires: '1.2.2027' }] },
      ['clientKeys[0].expires: expires must be a date, as 2027-01-31.'],
    ],
    ['an unknown key', { porrt: 1 }, ['porrt: There is no setting porrt. Did you mean port?']],
    [
      'an unknown key inside',
      { backends: [{ ...a, baseURL: 'x' }] },
      ['backends[0].baseURL: There is no setting baseURL in an entry of backends. Did you mean baseUrl?'],
    ],
    ['an unknown key in a group', { tunnel: { kind: 'x' } }, ['tunnel.kind: There is no setting kind in tunnel.']],
    [
      'a name that needs quotes',
      { aliases: { 'my model': 7 } },
      ['aliases["my model"]: my model must be a text, but it is a number.'],
    ],
  ];
  for (const [what, input, expected] of shape) it(`shape: ${what}`, () => assert.deepEqual(told(input), expected));

  const KEYS =
    'Keys are never settings: store the key with the command Set Backend Key…, or name an environment variable in apiKeyEnv.';
  const sense: [string, unknown, string[]][] = [
    [
      'no preset and no base URL',
      { backends: [{ name: 'x' }] },
      ['backends[0]: The backend x needs a preset or a baseUrl.'],
    ],
    [
      'a preset with a placeholder',
      { backends: [{ name: 'x', preset: 'azure' }] },
      [
        'backends[0]: The backend x needs a baseUrl such as https://{resource}.openai.azure.com/openai/v1. Put the name of your Azure OpenAI resource in place of {resource}.',
      ],
    ],
    [
      'a placeholder left in',
      { backends: [{ name: 'x', preset: 'bedrock', baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com' }] },
      ['backends[0].baseUrl: Put your AWS region, such as us-east-1, in place of {region}.'],
    ],
    ['no URL', { backends: [{ name: 'x', baseUrl: 'https://:x' }] }, ['backends[0].baseUrl: baseUrl is not a URL.']],
    [
      'credentials in a URL',
      { backends: [{ name: 'x', baseUrl: `https://me:${SECRET}@x.example` }] },
      [`backends[0].baseUrl: baseUrl has a user name or password in it. ${KEYS}`],
    ],
    [
      'a key in the query of a URL',
      { backends: [{ name: 'x', baseUrl: `${baseUrl}?api_key=${SECRET}` }] },
      [`~backends[0].baseUrl: baseUrl has what looks like a key in it. ${KEYS}`],
    ],
    [
      'a key in query',
      { backends: [{ ...a, query: { key: SECRET } }] },
      [`~backends[0].query.key: key looks like a key. ${KEYS}`],
    ],
    [
      'a route in a URL',
      { backends: [{ name: 'x', baseUrl: `${baseUrl}/chat/completions` }] },
      ['~backends[0].baseUrl: baseUrl ends in /chat/completions. The router adds that itself; leave it out.'],
    ],
    [
      'http to the internet',
      { backends: [{ name: 'x', baseUrl: 'http://x.example' }] },
      [
        '~backends[0].baseUrl: baseUrl begins with http://, so keys and prompts travel unencrypted. Use https:// if the provider has it.',
      ],
    ],
    ['http at home', { backends: [{ name: 'x', baseUrl: 'http://192.168.1.4:8000' }] }, []],
    [
      'the router itself',
      { backends: [{ name: 'x', baseUrl: 'http://localhost:11411/v1' }] },
      ['~backends[0].baseUrl: baseUrl points at port 11411, which is the port of this router itself.'],
    ],
    ['two names', { backends: [a, { ...a, prefix: 'b/' }] }, ['backends[1].name: Two backends have the name a.']],
    [
      'two prefixes',
      { backends: [a, { name: 'b', baseUrl, prefix: 'a/' }] },
      ['backends[1].prefix: Two backends have the prefix a/; a model name must lead to one of them.'],
    ],
    [
      'two empty prefixes',
      {
        backends: [
          { ...a, prefix: '' },
          { name: 'b', baseUrl, prefix: '' },
        ],
      },
      [],
    ],
    [
      'two defaults',
      {
        backends: [
          { ...a, default: true },
          { name: 'b', baseUrl, default: true },
        ],
      },
      ['backends[1].default: Only one backend can be the default.'],
    ],
    [
      'two models with one id',
      {
        backends: [
          { ...a, models: [{ id: 'm' }] },
          { name: 'b', baseUrl, models: [{ id: 'm' }] },
        ],
      },
      ['backends[1].models[0].id: Two models have the id m.'],
    ],
    [
      'two stars',
      { backends: [{ ...a, models: [{ id: '*-*' }] }] },
      ['backends[0].models[0].id: id may hold one * only.'],
    ],
    [
      'a star in upstream only',
      { backends: [{ ...a, models: [{ id: 'x', upstream: '*' }] }] },
      ['backends[0].models[0].upstream: upstream has a * that the id does not have.'],
    ],
    [
      'a key for a variable',
      { backends: [{ ...a, apiKeyEnv: SECRET }] },
      [
        'backends[0].apiKeyEnv: apiKeyEnv must be the name of an environment variable, such as OPENAI_API_KEY, not a key.',
      ],
    ],
    [
      'a key for a variable that would be a name',
      { backends: [{ ...a, models: [{ id: 'm', apiKeyEnv: 'gsk_abcdefghijklmnopqrst' }] }] },
      [
        'backends[0].models[0].apiKeyEnv: apiKeyEnv must be the name of an environment variable, such as OPENAI_API_KEY, not a key.',
      ],
    ],
    [
      'a key for a key name',
      { backends: [{ ...a, models: [{ id: 'm', apiKeyName: SECRET }] }] },
      [`backends[0].models[0].apiKeyName: apiKeyName holds what looks like a key instead of the name of one. ${KEYS}`],
    ],
    [
      "a client's key for a provider",
      { backends: [{ ...a, models: [{ id: 'm', apiKeyName: 'client:main' }] }] },
      [
        'backends[0].models[0].apiKeyName: apiKeyName must not begin with client: or tunnel:, those keys are never sent to a provider.',
      ],
    ],
    [
      'the key of the memory for a provider',
      { backends: [{ ...a, models: [{ id: 'm', apiKeyName: 'memory:key' }] }] },
      [
        'backends[0].models[0].apiKeyName: apiKeyName must not begin with memory:, that key is never sent to a provider.',
      ],
    ],
    [
      'a variable with the name of a provider in front is none',
      { backends: [{ ...a, models: [{ id: 'm', apiKeyEnv: 'XAI_API_KEY_PERSONAL' }] }] },
      [],
    ],
    [
      'a key of Fireworks or Cerebras in a header',
      { backends: [{ ...a, headers: { 'x-one': 'fw_3ZkT8xQpL2vW9sYb4N', 'x-two': 'csk-8h4k2m9x5c3v7b1n' } }] },
      ['x-one', 'x-two'].map((name) => `~backends[0].headers.${name}: The header ${name} looks like a key. ${KEYS}`),
    ],
    [
      'a header that is a key',
      { backends: [{ ...a, headers: { Authorization: 'x' } }] },
      [`~backends[0].headers.Authorization: The header Authorization looks like a key. ${KEYS}`],
    ],
    [
      'a header that holds a key',
      { backends: [{ ...a, headers: { 'x-team': SECRET } }] },
      [`~backends[0].headers.x-team: The header x-team looks like a key. ${KEYS}`],
    ],
    [
      'a header of the connection',
      { backends: [{ ...a, headers: { Host: 'x' } }] },
      ['~backends[0].headers.Host: The router sets the header Host itself; this one is not sent.'],
    ],
    [
      'no header name',
      { backends: [{ ...a, headers: { 'a b': 'x' } }] },
      ['backends[0].headers["a b"]: This is not the name of a header.'],
    ],
    [
      'a line break in a header',
      { backends: [{ ...a, headers: { x: 'a\r\nb: c' } }] },
      ['backends[0].headers.x: The header x has characters that no header may have.'],
    ],
    [
      'harmless headers',
      { backends: [{ ...a, headers: { 'x-title': 'LLM Router', 'anthropic-beta': 'tools-2026' } }] },
      [],
    ],
    [
      'a custom tunnel without URL',
      { tunnel: { provider: 'custom' } },
      ['tunnel.url: The tunnel provider custom needs the public URL in tunnel.url, as https://llm.example.com.'],
    ],
    [
      'a tunnel URL without https',
      { tunnel: { provider: 'custom', url: 'http://x.example' } },
      ['tunnel.url: tunnel.url must be a public URL that begins with https://, as https://llm.example.com.'],
    ],
    ['a custom tunnel', { tunnel: { provider: 'custom', url: 'https://x.example' } }, []],
    [
      'a named tunnel without hostname',
      { tunnel: { provider: 'cloudflared-named' } },
      ['tunnel.hostname: A named Cloudflare tunnel needs its public hostname in tunnel.hostname, as llm.example.com.'],
    ],
    [
      'a hostname with a scheme',
      { tunnel: { hostname: 'https://x.example' } },
      ['tunnel.hostname: tunnel.hostname must be a host name only, as llm.example.com.'],
    ],
    [
      'metrics on the port of the router',
      { port: 9000, metrics: { enabled: true, port: 9000 } },
      ['metrics.port: The metrics need a port of their own, but this is the port of the router.'],
    ],
    [
      'two client keys',
      { clientKeys: [{ name: 'x' }, { name: 'x' }] },
      ['clientKeys[1].name: Two client keys have the name x.'],
    ],
    [
      'a client key called main',
      { clientKeys: [{ name: 'main' }] },
      ['clientKeys[0].name: main is the name of the main key; choose another one.'],
    ],
    [
      'an alias loop',
      { aliases: { x: 'y', y: 'z', z: 'x' } },
      ['aliases.x: This alias leads back to itself: x → y → z → x.'],
    ],
    ['an alias of itself', { aliases: { x: 'x' } }, ['aliases.x: This alias leads back to itself: x → x.']],
    [
      'an alias that leads into a loop',
      { aliases: { in: 'x', x: 'y', y: 'x' } },
      ['aliases.x: This alias leads back to itself: x → y → x.'],
    ],
    [
      'an alias to nowhere',
      { aliases: { x: 'b/m' }, backends: [{ ...a, default: false }] },
      ['~aliases.x: The alias x means b/m, but no backend serves that name.'],
    ],
    [
      'an alias to almost somewhere',
      { aliases: { x: 'mine' }, backends: [{ ...a, default: false, models: [{ id: 'mime' }] }] },
      ['~aliases.x: The alias x means mine, but no backend serves that name. Did you mean mime?'],
    ],
    ['anything goes with a default', { aliases: { x: 'b/m' }, backends: [a] }, []],
    [
      'an alias that a model hides',
      { aliases: { m: 'a/n' }, backends: [{ ...a, models: [{ id: 'm' }] }] },
      ['~aliases.m: The alias m is never used, because a model has that id.'],
    ],
    [
      'an alias twice',
      {
        backends: [
          {
            ...a,
            models: [
              { id: 'm', aliases: ['x'] },
              { id: 'n', aliases: ['x'] },
            ],
          },
        ],
      },
      ['~backends[0].models[1].aliases[0]: The alias x is never used, because it stands elsewhere too.'],
    ],
    [
      'a fallbackModel to nowhere',
      { fallbackModel: 'q', backends: [{ ...a, default: false }] },
      ['~fallbackModel: fallbackModel is q, but no backend serves that name.'],
    ],
    [
      'fallbacks to nowhere',
      {
        fallbackModel: 'a/m',
        backends: [
          {
            ...a,
            default: false,
            fallbacks: ['q'],
            models: [{ id: 'm', fallbacks: ['r', 'a/x'], contextFallback: 's', imagesBy: 't' }],
          },
        ],
      },
      [
        '~backends[0].fallbacks[0]: This fallback is q, but no backend serves that name.',
        '~backends[0].models[0].fallbacks[0]: This fallback is r, but no backend serves that name.',
        '~backends[0].models[0].contextFallback: contextFallback is s, but no backend serves that name.',
        '~backends[0].models[0].imagesBy: imagesBy is t, but no backend serves that name.',
      ],
    ],
  ];
  for (const [what, input, expected] of sense) it(`sense: ${what}`, () => assert.deepEqual(told(input), expected));

  it('takes no key, and none of the router’s own, for the name of one', () => {
    const apiKeyNames = ['mine', 'client:main', 'memory:key', SECRET];
    assert.deepEqual(
      told({ backends: [{ ...a, apiKeyNames }] }).map((line) => line.slice(0, 70)),
      [
        'backends[0].apiKeyNames[1]: apiKeyNames must not begin with client: or',
        'backends[0].apiKeyNames[2]: apiKeyNames must not begin with memory:, t',
        'backends[0].apiKeyNames[3]: apiKeyNames holds what looks like a key in',
      ],
    );
  });
  it('says nothing of what is well', () => {
    for (const input of [
      { backends: [{ name: 'openai', preset: 'openai' }] },
      { backends: [{ ...a, query: { 'api-version': '2024-10-21' }, apiKeyEnv: '_My_KEY2' }] },
      { port: 4000, metrics: { enabled: true, port: 4001 } },
      { tunnel: { provider: 'cloudflared-named', hostname: 'LLM.example.com' } },
    ])
      assert.deepEqual(told(input), [], JSON.stringify(input));
  });
  it('takes what is no name of a variable, and no name of a host, for none', () => {
    for (const apiKeyEnv of ['MY KEY', '1KEY', '$KEY', 'MY-KEY'])
      assert.match(told({ backends: [{ ...a, apiKeyEnv }] }).join(), /apiKeyEnv must be the name of an environment/);
    for (const hostname of ['llm', 'llm.example.com/x', 'llm..com'])
      assert.match(told({ tunnel: { provider: 'cloudflared-named', hostname } }).join(), /^tunnel\.hostname/, hostname);
  });
  it('takes a price of 0 for free', () => {
    const { settings, problems } = validateSettings({ backends: [{ ...a, models: [{ id: 'm', price: 0 }] }] });
    assert.deepEqual([settings?.backends[0]?.models?.[0]?.price, problems], [{ input: 0, output: 0 }, []]);
  });

  it('warns of names that Cursor would not send here (M1, M2), but not of hidden ones', () => {
    const problems = validateSettings({
      aliases: { 'gemini-fast': 'a/x' },
      backends: [
        {
          ...a,
          models: [{ id: 'claude-mine', aliases: ['gpt-4o'] }, { id: 'claude-two', hidden: true }, { id: 'fine' }],
        },
      ],
    }).problems;
    assert.deepEqual(
      problems.map(({ path, severity }) => `${severity} ${path}`),
      ['warning backends[0].models[0].id', 'warning aliases.gemini-fast', 'warning backends[0].models[0].aliases[0]'],
    );
  });

  it('never echoes what could be a key', () => {
    const places: unknown[] = [
      { backends: [{ ...a, apiKey: SECRET }] },
      { backends: [{ ...a, apiKeyEnv: SECRET }] },
      { backends: [{ ...a, preset: SECRET }] },
      { backends: [{ ...a, baseUrl: SECRET }] },
      { backends: [{ ...a, baseUrl: `https://${SECRET}@x.example` }] },
      { backends: [{ ...a, headers: { authorization: SECRET, host: SECRET, x: `${SECRET}\n` } }] },
      { backends: [{ ...a, query: { key: SECRET } }] },
      { backends: [{ ...a, timeouts: { idle: SECRET } }] },
      { backends: [{ ...a, models: [{ id: 'm', apiKeyName: SECRET, apiKeyEnv: SECRET }] }] },
      { backends: [{ ...a, apiKeyNames: ['mine', SECRET] }] },
      { fallbackModel: SECRET, backends: [{ ...a, default: false, fallbacks: [SECRET] }] },
      { aliases: { x: SECRET }, backends: [{ ...a, default: false }] },
      { tunnel: { url: SECRET, hostname: SECRET } },
      { clientKeys: [{ name: `${SECRET}!`, expires: SECRET }] },
      // In the place of a name.
      { [SECRET]: 1 },
      { backends: [{ ...a, [SECRET]: 1 }] },
      {
        backends: [
          { ...a, name: SECRET },
          { ...a, name: SECRET, default: false },
        ],
      },
      { backends: [{ ...a, models: [{ id: SECRET }, { id: SECRET }] }] },
      {
        backends: [
          a,
          { ...a, name: 'b', default: false, prefix: SECRET },
          { ...a, name: 'c', default: false, prefix: SECRET },
        ],
      },
      { aliases: { [SECRET]: 'nowhere' }, backends: [{ ...a, default: false }] },
    ];
    for (const input of places) {
      const { problems } = validateSettings(input);
      assert.ok(problems.length > 0, JSON.stringify(input));
      assert.ok(!JSON.stringify(problems).includes(SECRET), JSON.stringify(problems));
    }
  });
});
