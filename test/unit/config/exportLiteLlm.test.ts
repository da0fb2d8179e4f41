/** The folder for a LiteLLM proxy: no key in it, and read again it leads every name where it led before. */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'yaml';
import { exportLiteLlm } from '../../../src/config/formats/exportLiteLlm';
import { loadConfigText } from '../../../src/config/load';
import { buildBackends } from '../../../src/routing/build';
import { PRESET_NAMES, PRESETS } from '../../../src/routing/presets';
import { createRouteTable } from '../../../src/routing/resolve';
import { validateSettings } from '../../../src/settings/check';
import type { Settings, SettingsInput } from '../../../src/settings/schema';

function settingsOf(input: SettingsInput): Settings {
  const { settings, problems } = validateSettings(input);
  assert.ok(settings, JSON.stringify(problems));
  return settings;
}
const fileOf = (settings: Settings, path: string): string =>
  exportLiteLlm(settings).find((file) => file.path === path)?.text ?? assert.fail(path);
const again = (settings: Settings): Settings => {
  const loaded = loadConfigText(fileOf(settings, 'config.yaml'));
  assert.equal(loaded.kind, 'litellm');
  assert.ok(loaded.settings, JSON.stringify(loaded.problems));
  return loaded.settings;
};

/** Where a name leads: address, upstream name, effort. Names of backends may differ. */
function routeOf(settings: Settings, name: string) {
  const target = createRouteTable(settings, buildBackends(settings)).resolve(name);
  if ('notFound' in target) return 'nowhere';
  const { backend, upstreamModel, variantEffort } = target;
  return `${backend.baseUrl} ${upstreamModel} ${variantEffort ?? ''}`;
}
const fallbacksOf = (settings: Settings, name: string) => {
  const table = createRouteTable(settings, buildBackends(settings));
  const target = table.resolve(name);
  return 'notFound' in target
    ? []
    : table.fallbackTargets(target).map((one) => `${one.backend.baseUrl} ${one.upstreamModel}`);
};
const isListed = (settings: Settings, name: string) =>
  createRouteTable(settings, buildBackends(settings)).listed().includes(name);
function sameRoutes(settings: Settings, names: readonly string[]): void {
  const other = again(settings);
  for (const name of names) {
    assert.equal(routeOf(other, name), routeOf(settings, name), name);
    // LiteLLM has no fallbacks for names that only a rule serves; the export says so.
    if (isListed(other, name))
      assert.deepEqual(fallbacksOf(other, name), fallbacksOf(settings, name), `fallbacks of ${name}`);
  }
}

const OFFICE: SettingsInput = {
  backends: [
    {
      name: 'openai',
      preset: 'openai',
      default: true,
      models: [
        { id: 'fast', upstream: 'gpt-5-mini', fallbacks: ['claude', 'groq/llama'], aliases: ['quick'] },
        { id: 'deep', upstream: 'gpt-5', reasoningEffort: 'high', contextFallback: 'claude' },
        { id: 'priced', upstream: 'gpt-4o', price: { input: 2.5, output: 10 }, maxOutputTokens: 4096 },
      ],
    },
    { name: 'anthropic', preset: 'anthropic', prefix: '', models: [{ id: 'claude', upstream: 'claude-sonnet-4-5' }] },
    { name: 'groq', preset: 'groq', fallbacks: ['fast'], models: [{ id: 'groq/llama' }] },
    { name: 'corp', baseUrl: 'https://llm.corp.example/api/v2', models: [{ id: 'corp-*', upstream: 'internal-*' }] },
    { name: 'home', preset: 'ollama', models: [{ id: 'home/qwen', upstream: 'qwen3:8b' }] },
    { name: 'az', preset: 'azure-deployments', baseUrl: 'https://x.openai.azure.com/openai' },
    { name: 'az1', preset: 'azure', baseUrl: 'https://x.openai.azure.com' },
    { name: 'aws', preset: 'bedrock', baseUrl: 'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1' },
    { name: 'team', preset: 'litellm', baseUrl: 'https://team.example.com/v1' },
    { name: 'demo', preset: 'demo' },
  ],
  aliases: { work: 'deep', chain: 'work', side: 'groq/gpt-oss-120b', other: 'gpt-4.1-mini' },
};
const OFFICE_NAMES = [
  ...['fast', 'quick', 'deep', 'priced', 'claude', 'groq/llama', 'corp-small', 'home/qwen', 'work', 'chain', 'side'],
  ...['other', 'openai/gpt-9', 'groq/any/thing', 'corp/x', 'home/llama3', 'az/my-deployment', 'az1/gpt-5', 'aws/m:0'],
  ...['team/whatever', 'gpt-unheard-of', 'fast:low', 'priced', 'corp-', 'demo/echo'],
];

describe('export for LiteLLM', () => {
  it('leads every name where it led before', () => sameRoutes(settingsOf(OFFICE), OFFICE_NAMES));

  it('an alias of an effort, of a rule or with an effort behind it leads where it led, and one that a model hides is no alias', () => {
    const settings = settingsOf({
      backends: [
        {
          ...{ name: 'openai', preset: 'openai', default: false },
          models: [
            { id: 'fast', upstream: 'gpt-5', fallbacks: ['high'] },
            { id: 'high', upstream: 'gpt-5', reasoningEffort: 'high' },
            { id: 'corp-*', upstream: 'gpt-5-*' },
          ],
        },
      ],
      aliases: { deep: 'fast:high', always: 'high', rule: 'corp-mini', named: 'openai/gpt-5.1', fast: 'high' },
    });
    const names = ['deep', 'always', 'rule', 'named', 'fast', 'fast:low', 'corp-nano'];
    sameRoutes(settings, names);
    for (const name of names) assert.notEqual(routeOf(settings, name), 'nowhere', name);
    assert.match(routeOf(again(settings), 'deep'), /gpt-5 high$/);
    assert.deepEqual(Object.keys(again(settings).aliases), ['always']);
  });

  it('a last resort is a rule for every name, where a model elsewhere can be it', () => {
    const own = (fallbackModel: string, isDefault = false) =>
      settingsOf({
        fallbackModel,
        backends: [
          {
            ...{ name: 'own', baseUrl: 'https://own.example/v1', default: isDefault },
            models: [{ id: 'fast', fallbacks: ['slow'] }, { id: 'slow' }],
          },
          { name: 'demo', preset: 'demo' },
        ],
      });
    const rule = (settings: Settings) => {
      const { model_list } = parse(fileOf(settings, 'config.yaml')) as {
        model_list: { model_name: string; litellm_params: { model: string } }[];
      };
      return model_list.find((one) => one.model_name === '*')?.litellm_params.model;
    };
    assert.match(rule(own('fast')) ?? '', /\/fast$/);
    assert.match(rule(own('fast', true)) ?? '', /\/\*$/);
    for (const name of ['demo/echo', 'nobody']) assert.equal(rule(own(name)), undefined, name);
    assert.doesNotMatch(fileOf(own('fast'), 'config.yaml'), /- "\*":/);
  });

  it('carries the model for inputs that are too long, and no name that only its owner lists', () => {
    const settings = settingsOf({
      backends: [
        {
          ...{ name: 'own', baseUrl: 'https://own.example/v1', prefix: '', default: false },
          models: [{ id: 'deep', contextFallback: 'wide', aliases: ['d'] }, { id: 'wide' }],
        },
      ],
    });
    const [deep] = again(settings).backends[0]?.models ?? [];
    assert.deepEqual([deep?.id, deep?.contextFallback], ['deep', 'wide']);
    sameRoutes(settings, ['deep', 'wide', 'd', 'unknown']);
    assert.equal(routeOf(again(settings), 'unknown'), 'nowhere');
  });

  it('a model that is called like an effort of another one stays that model, wherever it stands', () => {
    const named = { id: 'a:high', upstream: 'gpt-4.1' };
    const other = { id: 'a', upstream: 'gpt-5' };
    for (const models of [
      [named, other],
      [other, named],
    ]) {
      const settings = settingsOf({ backends: [{ name: 'openai', preset: 'openai', models }] });
      assert.match(routeOf(settings, 'a:high'), / gpt-4\.1 /);
      sameRoutes(settings, ['a', 'a:low', 'a:high']);
    }
  });

  it('without a default backend unknown names go nowhere, or to fallbackModel', () => {
    const backends = [{ name: 'groq', preset: 'groq' as const, default: false, models: [{ id: 'm' }] }];
    sameRoutes(settingsOf({ backends }), ['m', 'groq/x', 'unknown']);
    sameRoutes(settingsOf({ backends, fallbackModel: 'm' }), ['m', 'groq/x', 'unknown']);
  });

  it('keeps the price of writing to the cache', () => {
    const price = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };
    const settings = settingsOf({
      backends: [{ name: 'anthropic', preset: 'anthropic', models: [{ id: 'a', price }] }],
    });
    assert.deepEqual(again(settings).backends[0]?.models?.find((model) => model.id === 'a')?.price, price);
  });

  it('keeps prices, key variables, dropped parameters and limits', () => {
    const other = again(
      settingsOf({
        backends: [
          {
            name: 'groq',
            preset: 'groq',
            apiKeyEnv: 'GROQ_WORK_KEY',
            unsupportedParams: ['seed'],
            headers: { 'x-team': 'blue' },
            models: [
              { id: 'a', price: { input: 0.1, output: 0.3, cacheRead: 0.05 }, apiKeyName: 'special one' },
              { id: 'b', apiKeyEnv: 'OTHER' },
            ],
          },
        ],
        retry: { attemptsPerBackend: 5 },
        timeouts: { total: 700 },
      }),
    );
    const [backend] = other.backends;
    assert.deepEqual(backend?.unsupportedParams?.includes('seed'), true);
    assert.deepEqual(backend?.headers, { 'x-team': 'blue' });
    const model = (id: string) => other.backends.flatMap(({ models = [] }) => models).find((one) => one.id === id);
    assert.deepEqual(model('a')?.price, { input: 0.1, output: 0.3, cacheRead: 0.05 });
    assert.equal(model('a')?.apiKeyEnv, 'SPECIAL_ONE_API_KEY');
    assert.equal(model('b')?.apiKeyEnv, 'OTHER');
    assert.equal(model('groq/*')?.apiKeyEnv, 'GROQ_WORK_KEY');
    assert.equal(other.retry.attemptsPerBackend, 5);
    assert.equal(other.timeouts.total, 700);
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/);
  const presets = PRESET_NAMES.filter((preset) => preset !== 'demo' && !PRESETS[preset].fill);
  const model = fc.record({ id: name, upstream: fc.option(name, { nil: undefined }) });
  const backend = fc.record({
    where: fc.oneof(
      fc.constantFrom(...presets).map((preset) => ({ preset })),
      fc.webPath().map((path) => ({ baseUrl: `https://api.corp.example${path.replaceAll(/[{}]/g, '')}` })),
    ),
    prefix: fc.option(
      name.map((text) => `${text}/`),
      { nil: undefined },
    ),
    models: fc.uniqueArray(model, { maxLength: 3, selector: ({ id }) => id }),
  });
  const configuration = fc.record({
    backends: fc.uniqueArray(backend, { minLength: 1, maxLength: 4, selector: ({ prefix }) => prefix ?? '' }),
    withDefault: fc.boolean(),
    links: fc.array(fc.tuple(name, fc.nat(20)), { maxLength: 4 }),
    asked: fc.array(name, { maxLength: 5 }),
  });

  it('property: any valid configuration leads the same way after export and import', () => {
    fc.assert(
      fc.property(configuration, ({ backends, withDefault, links, asked }) => {
        const ids = new Set<string>();
        const input = backends.map(({ where, prefix, models }, index) => ({
          name: `b${index}`,
          ...where,
          prefix,
          default: withDefault && index === 0,
          models: models.filter(({ id }) => !ids.has(id) && ids.add(id)),
        }));
        const served = [...ids, ...input.map((one) => `${one.prefix ?? `${one.name}/`}some-model`)];
        const aliases = Object.fromEntries(links.map(([alias, at]) => [alias, served[at % served.length] ?? 'x']));
        const { settings } = validateSettings({ backends: input, aliases });
        fc.pre(settings !== undefined);
        sameRoutes(settings, [...served, ...Object.keys(aliases), ...asked]);
      }),
      { numRuns: 150 },
    );
  });

  it('holds no secret, wherever one was written by mistake', () => {
    const MARK = 'sk-MARKEDsecret0123456789abcdefXYZ';
    const settings = settingsOf({
      backends: [
        {
          name: 'corp',
          baseUrl: `https://corp.example/v1?key=${MARK}`,
          headers: { authorization: `Bearer ${MARK}`, 'x-thing': MARK, cookie: `a=${MARK}` },
          query: { token: MARK },
        },
      ],
      clientKeys: [{ name: 'phone', apiKeyEnv: 'PHONE_KEY' }],
    });
    const all = exportLiteLlm(settings)
      .map(({ text }) => text)
      .join('\n');
    assert.ok(!all.includes('MARKED'));
    assert.match(all, /authorization: os\.environ\/CORP_AUTHORIZATION/);
  });

  it('tells what each client key may do as comments that stay comments', () => {
    const text = fileOf(
      settingsOf({
        backends: [{ name: 'groq', preset: 'groq' }],
        clientKeys: [
          { name: 'phone', models: ["it's/*"], budget: { day: 1, month: 20 }, requestsPerMinute: 5, maxStreams: 2 },
          { name: 'old', budget: { total: 3 }, expires: '2027-01-31', enabled: false },
        ],
      }),
      'config.yaml',
    );
    const comments = text.split('\n').filter((line) => line.startsWith('#'));
    const bodies = comments.flatMap((line) => /-d '(.*)'$/.exec(line)?.slice(1) ?? []).map((body) => JSON.parse(body));
    assert.deepEqual(bodies, [
      {
        key_alias: 'phone',
        models: ["it's/*"],
        max_budget: 20,
        budget_duration: '30d',
        rpm_limit: 5,
        max_parallel_requests: 2,
      },
      { key_alias: 'old', max_budget: 3, blocked: true },
    ]);
    assert.ok(comments.some((line) => line.includes('1 US dollars a day')));
    assert.ok(comments.some((line) => line.includes('2027-01-31')));
  });

  it('the compose file has all three services, healthy in order, and every variable; .env.example has names only', () => {
    const settings = settingsOf(OFFICE);
    const compose = parse(fileOf(settings, 'docker-compose.yml')) as {
      services: Record<
        string,
        { image: string; healthcheck: object; environment: Record<string, string>; depends_on?: Record<string, object> }
      >;
      volumes: object;
    };
    assert.deepEqual(Object.keys(compose.services), ['litellm', 'db', 'redis']);
    for (const { image, healthcheck } of Object.values(compose.services)) {
      assert.match(image, /:v?\d+\.\d+/, 'a pinned image');
      assert.ok(healthcheck);
    }
    const { litellm } = compose.services;
    assert.deepEqual(Object.values(litellm?.depends_on ?? {}), [
      { condition: 'service_healthy' },
      { condition: 'service_healthy' },
    ]);
    const example = fileOf(settings, '.env.example');
    const names = example.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of names) assert.match(line, /^[A-Z_][A-Z0-9_]*=$/);
    const used = [...fileOf(settings, 'config.yaml').matchAll(/os\.environ\/(\w+)/g)].map(([, variable]) => variable);
    for (const variable of used) assert.ok(variable && variable in (litellm?.environment ?? {}), variable);
    for (const variable of new Set(used))
      if (!/^(DATABASE_URL|REDIS_(HOST|PORT))$/.test(variable ?? ''))
        assert.ok(names.includes(`${variable}=`), variable);
    assert.match(fileOf(settings, 'README.md'), /host\.docker\.internal/);
  });

  it('aliases of a model keep their names, whatever every object inherits', () => {
    const models = [{ id: 'm', aliases: ['constructor', '__proto__', 'quick'] }];
    const settings = settingsOf({ backends: [{ name: 'groq', preset: 'groq', models }], aliases: { valueOf: 'm' } });
    const text = fileOf(settings, 'config.yaml');
    for (const alias of ['constructor', '__proto__', 'quick', 'valueOf'])
      assert.match(text, new RegExp(`^ +"?${alias}"?: "?m"?$`, 'm'));
  });

  it('a rule for another server lends the name of no provider whose models LiteLLM would list; where one must, it is told', () => {
    const at = 'https://relay.example/v1';
    const text = fileOf(
      settingsOf({
        backends: [
          { name: 'wide', baseUrl: at, apiKeyEnv: 'WIDE_KEY', models: [{ id: 'exact' }] },
          { name: 'resp', baseUrl: `${at}/r`, wire: 'responses', apiKeyEnv: 'RESP_KEY' },
          { name: 'msgs', baseUrl: `${at}/m/v1`, wire: 'messages', apiKeyEnv: 'MSGS_KEY' },
          { name: 'openai', preset: 'openai' },
        ],
      }),
      'config.yaml',
    );
    const { model_list } = parse(text) as { model_list: { model_name: string; litellm_params: { model: string } }[] };
    const to = Object.fromEntries(model_list.map((entry) => [entry.model_name, entry.litellm_params.model]));
    assert.deepEqual(to, {
      exact: 'openai/exact',
      'wide/*': 'litellm_proxy/*',
      'resp/*': 'litellm_proxy/responses/*',
      'msgs/*': 'anthropic/*',
      'openai/*': 'openai/*',
    });
    assert.match(text, /# Not carried over: the list of msgs\. LiteLLM lists the models of Anthropic/);
    assert.doesNotMatch(text, /the list of (wide|resp|openai)\./);
    const { settings } = loadConfigText(text);
    const back = createRouteTable(settings!, buildBackends(settings!)).resolve('resp/any');
    assert.ok(!('notFound' in back));
    assert.deepEqual([back.upstreamModel, back.backend.baseUrl, back.backend.wire], ['any', `${at}/r`, 'responses']);
  });

  it('tells what has no place there, each by its name', () => {
    const settings = settingsOf({
      backends: [
        { name: 'msgs', baseUrl: 'https://relay.example/m', wire: 'messages', apiKeyEnv: 'MSGS_KEY' },
        {
          ...{ name: 'multi', baseUrl: 'https://multi.example/v1', prefix: 'multi/', fallbacks: ['b'] },
          ...{ apiKeyNames: ['MULTI_KEY', 'second'], roleRewrites: { developer: 'user' }, query: { region: 'eu' } },
          models: [
            { id: 'a', imagesBy: 'b', buffered: true },
            { id: 'b', routes: { background: 'a' } },
          ],
        },
        { name: 'plain', baseUrl: 'https://plain.example/v1', models: [{ id: 'c' }], prefix: '' },
        { name: 'quiet', baseUrl: 'https://quiet.example/v1' },
        { name: 'listed', baseUrl: 'https://listed.example/v1', wire: 'messages', prefix: '', models: [{ id: 'd' }] },
        { name: 'claude', preset: 'anthropic' },
        { name: 'demo', preset: 'demo' },
      ],
      aliases: { lost: 'msgs/x', echo: 'demo/echo', 'all*': 'a', fine: 'a' },
      tunnel: { provider: 'none' },
      clientKeys: [{ name: 'guest', tokensPerMinute: 5, budget: { day: 1, month: 3, total: 9 } }],
    });
    const text = fileOf(settings, 'config.yaml');
    const told = text.split('\n').flatMap((line) => /^# Not carried over: (.+)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(
      told.map((line) => line.split('. ')[0]?.replace(/\.$/, '')),
      [
        'the backend msgs',
        'that pictures for a are described by b',
        'that answers of a are held until they are whole',
        'the keys of multi behind the first',
        'the routes of multi for kinds of requests',
        'the role rewrites of the backend multi',
        'the query parameter region of the backend multi',
        'the built-in model demo/echo',
        'the fallbacks of multi for models that are not listed by name',
        'the alias lost',
        'the alias echo',
        'the alias all*',
      ],
    );
    assert.match(text, /"max_budget":3,"budget_duration":"30d","tpm_limit":5/);
    assert.match(text, /Its budget of 1 US dollars a day/);
    assert.match(text, /Its budget of 9 US dollars in all/);
  });

  it('reads each key from a variable: the one that is named, or one made of the name', () => {
    const at = (name: string) => `https://${name}.example/v1`;
    const settings = settingsOf({
      backends: [
        { name: 'named', baseUrl: at('named'), apiKeyNames: ['NAMED_KEY', 'other'], models: [{ id: 'm1' }] },
        { name: 'stored', baseUrl: at('stored'), apiKeyNames: ['my key'], models: [{ id: 'm2' }] },
        { name: '9-lives', baseUrl: at('nine'), models: [{ id: 'm3' }] },
        {
          name: 'own',
          baseUrl: at('own'),
          models: [
            { id: 'm4', apiKeyName: 'mine' },
            { id: 'm5', apiKeyEnv: 'M5' },
          ],
        },
      ],
    });
    const { model_list } = parse(fileOf(settings, 'config.yaml')) as {
      model_list: { model_name: string; litellm_params: { api_key: string } }[];
    };
    const keys = Object.fromEntries(model_list.map((one) => [one.model_name, one.litellm_params.api_key]));
    assert.deepEqual(
      ['m1', 'm2', 'm3', 'm4', 'm5'].map((name) => keys[name]?.replace('os.environ/', '')),
      ['NAMED_KEY', 'MY_KEY_API_KEY', 'KEY_9_LIVES_API_KEY', 'MINE_API_KEY', 'M5'],
    );
  });

  it('writes a time limit where a backend has another one than all', () => {
    const settings = settingsOf({
      timeouts: { total: 600 },
      backends: [
        { name: 'slow', baseUrl: 'https://slow.example/v1', timeouts: { total: 1200 }, models: [{ id: 'm1' }] },
        { name: 'same', baseUrl: 'https://same.example/v1', timeouts: { total: 600 }, models: [{ id: 'm2' }] },
      ],
    });
    const { model_list } = parse(fileOf(settings, 'config.yaml')) as {
      model_list: { model_name: string; litellm_params: { timeout?: number } }[];
    };
    const limits = Object.fromEntries(model_list.map((one) => [one.model_name, one.litellm_params.timeout]));
    assert.deepEqual([limits.m1, limits.m2], [1200, undefined]);
  });

  it('an empty configuration is an empty but valid proxy', () => {
    const text = fileOf(settingsOf({}), 'config.yaml');
    assert.deepEqual((parse(text) as { model_list: unknown }).model_list, []);
  });
});

describe('the API of a model in an exported file', () => {
  it('is said for models that chat refuses, and for those whose settings say so (15 §1)', () => {
    const models = ['gpt-5.5', 'gpt-5.2-codex', 'gpt-4.1'].map((id) => ({ id: `openai/${id}` }));
    const told = { id: 'openai/told', upstream: 'm', wire: 'responses' as const };
    const text = fileOf(
      settingsOf({ backends: [{ name: 'openai', preset: 'openai', models: [...models, told] }] }),
      'config.yaml',
    );
    const { model_list } = parse(text) as { model_list: { litellm_params: { model: string } }[] };
    const names = model_list.map(({ litellm_params }) => litellm_params.model);
    for (const name of ['gpt-5.5', 'gpt-5.2-codex', 'm'])
      assert.ok(names.includes(`openai/responses/${name}`), names.join());
    assert.ok(names.includes('openai/gpt-4.1'));
  });
});

describe('a provider that LiteLLM does not know under the exported name', () => {
  const google =
    'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/openapi';
  const dropped = (backend: object): unknown => {
    const { model_list } = parse(fileOf(settingsOf({ backends: [backend as never] }), 'config.yaml')) as {
      model_list: { litellm_params: { additional_drop_params?: string[] } }[];
    };
    return model_list[0]?.litellm_params.additional_drop_params;
  };

  it('is sent nothing there either that it refuses', () => {
    assert.deepEqual(dropped({ name: 'v', preset: 'vertex', baseUrl: google }), ['store', 'logit_bias']);
    assert.ok(
      (dropped({ name: 'x', preset: 'xai', baseUrl: 'https://relay.example/v1' }) as string[]).includes('logit_bias'),
    );
    assert.equal(dropped({ name: 'x', preset: 'xai' }), undefined, 'known: drop_params does it');
  });
  it('has a key there that ends after an hour, where it is Vertex: told', () => {
    const text = fileOf(settingsOf({ backends: [{ name: 'v', preset: 'vertex', baseUrl: google }] }), 'config.yaml');
    assert.match(text, /# Not carried over: a key of v that lasts: .* vertex_ai\//);
  });
});

describe('the model behind a name in an exported file', () => {
  it('is its base_model and comes back as base; what is hidden is said, for there it is listed', () => {
    const settings = settingsOf({
      backends: [
        {
          name: 'azure',
          preset: 'azure-deployments',
          baseUrl: 'https://r.openai.azure.com/openai',
          query: { 'api-version': '2024-10-21' },
          models: [{ id: 'mine', upstream: 'deployment', base: 'gpt-4o', hidden: true }],
        },
      ],
    });
    const text = fileOf(settings, 'config.yaml');
    assert.match(text, /base_model: azure\/gpt-4o/);
    assert.match(text, /# Not carried over: that mine is not listed\./);
    assert.doesNotMatch(text, /the query parameter/);
    assert.equal(again(settings).backends[0]?.models?.[0]?.base, 'gpt-4o');
  });
});
