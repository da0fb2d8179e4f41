import assert from 'node:assert/strict';
import { loadConfigText } from '../../../src/config/load';
import { buildBackends } from '../../../src/routing/build';
import { clientNames, createRouteTable } from '../../../src/routing/resolve';

type Environment = Record<string, string>;

function load(text: string, env: Environment = {}) {
  const loaded = loadConfigText(text, { env });
  const told = loaded.problems.map(
    ({ path, message, severity, line, column }) =>
      `${severity === 'warning' ? '~' : ''}${line}:${column} ${path}: ${message}`,
  );
  const backends = loaded.settings ? buildBackends(loaded.settings, env) : [];
  const table = loaded.settings && createRouteTable(loaded.settings, backends);
  /** Where a name goes: `backend address upstream keyName keyEnv`. */
  const route = (name: string): string => {
    const target = table?.resolve(name);
    if (!target || 'notFound' in target) return 'none';
    return [target.backend.name, target.backend.baseUrl, target.upstreamModel, target.keyName, target.keyEnv]
      .filter(Boolean)
      .join(' ');
  };
  const fallbacks = (name: string): string[] => {
    const target = table?.resolve(name);
    return target && !('notFound' in target)
      ? (table?.fallbackTargets(target) ?? []).map((next) => next.clientModel)
      : [];
  };
  return { ...loaded, told, backends, listed: table?.listed() ?? [], route, fallbacks };
}
/** A file with one model. */
function one(params: Record<string, unknown>, env: Environment = {}, rest: Record<string, unknown> = {}) {
  return load(JSON.stringify({ model_list: [{ model_name: 'm', litellm_params: params }], ...rest }), env);
}

describe('LiteLLM file: a credential that several models share', () => {
  const list = [
    { credential_name: 'azure', credential_values: { api_key: 'os.environ/EU', api_base: 'https://eu.example/v1' } },
    { credential_name: 'broken' },
  ];
  const params = (more: object) => ({ model: 'openai/gpt-4o', ...more });
  const asked = (more: object) => one(params(more), { EU: 'k' }, { credential_list: list });

  it('brings its address and key, and what the model says itself wins', () => {
    const shared = asked({ litellm_credential_name: 'azure' });
    assert.equal(shared.route('m'), 'eu.example https://eu.example/v1 gpt-4o EU EU');
    const own = asked({ litellm_credential_name: 'azure', api_base: 'https://us.example/v1' });
    assert.equal(own.route('m'), 'us.example https://us.example/v1 gpt-4o EU EU');
  });

  it('that is not there, or in the wrong form, is told; the model goes nowhere else', () => {
    const { told, route } = asked({ litellm_credential_name: 'broken' });
    assert.equal(route('m'), 'none');
    assert.match(told.join('\n'), /credential_list\[1\]: A credential has a credential_name/);
    assert.match(told.join('\n'), /litellm_credential_name: credential_list has no credential broken/);
  });
});

describe('LiteLLM file: YAML', () => {
  it('the first alias without its anchor is told where it stands', () => {
    assert.match(load('model_list: []\na: *one\nb: *two\n').told[0] ?? '', /^2:4 .*one/);
  });
});

describe('LiteLLM file: models at one address', () => {
  const params = (more: object) => ({ model: 'openai/m', api_base: 'https://x.example/v1', api_key: 'k', ...more });
  const count = (one: object, other: object): number =>
    load(
      JSON.stringify({
        model_list: [one, other].map((more, index) => ({ model_name: `m${index}`, litellm_params: params(more) })),
      }),
    ).backends.length;
  it('are one backend, unless headers, dropped parameters or drop_params differ', () => {
    assert.equal(count({}, { api_key: 'other' }), 1);
    assert.equal(count({ headers: { 'x-team': 'a' } }, { headers: { 'x-team': 'b' } }), 2);
    assert.equal(count({}, { additional_drop_params: ['stop'] }), 2);
    assert.equal(count({}, { drop_params: false }), 2);
  });
  it('of Azure are two where the version differs', () => {
    const azure = (api_version: string) => ({ model: 'azure/m', api_base: 'https://a.openai.azure.com', api_version });
    assert.equal(count(azure('2025-01-01'), azure('2025-01-01')), 1);
    assert.equal(count(azure('2025-01-01'), azure('2026-01-01')), 2);
  });
});

describe('LiteLLM file: where a model goes', () => {
  const rows: [string, Record<string, unknown>, Environment, string][] = [
    ['openai', { model: 'openai/gpt-4o' }, {}, 'openai https://api.openai.com/v1 gpt-4o openai OPENAI_API_KEY'],
    [
      'no provider, a known name',
      { model: 'gpt-4o' },
      {},
      'openai https://api.openai.com/v1 gpt-4o openai OPENAI_API_KEY',
    ],
    [
      'no provider, claude',
      { model: 'claude-sonnet-4-5' },
      {},
      'anthropic https://api.anthropic.com/v1 claude-sonnet-4-5 anthropic ANTHROPIC_API_KEY',
    ],
    [
      'slashes behind the provider',
      { model: 'openrouter/anthropic/claude' },
      {},
      'openrouter https://openrouter.ai/api/v1 anthropic/claude openrouter OPENROUTER_API_KEY',
    ],
    [
      'custom_llm_provider',
      { model: 'meta/llama', custom_llm_provider: 'groq' },
      {},
      'groq https://api.groq.com/openai/v1 meta/llama groq GROQ_API_KEY',
    ],
    [
      'gemini',
      { model: 'gemini/gemini-2.5-pro' },
      {},
      'gemini https://generativelanguage.googleapis.com/v1beta/openai gemini-2.5-pro gemini GEMINI_API_KEY',
    ],
    [
      'gemini by its other variable',
      { model: 'gemini/g' },
      { GOOGLE_API_KEY: 'x' },
      'gemini https://generativelanguage.googleapis.com/v1beta/openai g gemini GOOGLE_API_KEY',
    ],
    [
      'ollama with a bare host',
      { model: 'ollama/llama3', api_base: 'http://nas.local:11434' },
      {},
      'ollama http://nas.local:11434/v1 llama3 ollama',
    ],
    [
      'ollama_chat at its usual place',
      { model: 'ollama_chat/llama3' },
      {},
      'ollama http://127.0.0.1:11434/v1 llama3 ollama',
    ],
    [
      'a key by variable',
      { model: 'openai/gpt-4o', api_key: 'os.environ/MY_KEY' },
      { MY_KEY: 'x' },
      'openai https://api.openai.com/v1 gpt-4o MY_KEY MY_KEY',
    ],
    [
      'a literal key',
      { model: 'openai/gpt-4o', api_key: 'sk-1' },
      {},
      'openai https://api.openai.com/v1 gpt-4o model:m',
    ],
    [
      'everything by variable',
      { model: 'os.environ/M', api_base: 'os.environ/B' },
      { M: 'groq/x', B: 'https://proxy.example/g/v1' },
      'groq https://proxy.example/g/v1 x groq GROQ_API_KEY',
    ],
    [
      'another OpenAI-compatible server',
      { model: 'openai/qwen', api_base: 'https://llm.example/v1' },
      {},
      'llm.example https://llm.example/v1 qwen llm.example OPENAI_API_KEY',
    ],
    [
      'a local one is not given the OpenAI key',
      { model: 'openai/qwen', base_url: 'http://localhost:8000' },
      {},
      'localhost http://localhost:8000/v1 qwen localhost',
    ],
    [
      'anthropic behind a proxy',
      { model: 'anthropic/claude-x', api_base: 'https://proxy.example/anthropic/' },
      {},
      'anthropic https://proxy.example/anthropic/v1 claude-x anthropic ANTHROPIC_API_KEY',
    ],
    [
      'anthropic with its route',
      { model: 'anthropic/claude-x', api_base: 'https://api.anthropic.com/v1/messages' },
      {},
      'anthropic https://api.anthropic.com/v1 claude-x anthropic ANTHROPIC_API_KEY',
    ],
    [
      'azure',
      { model: 'azure/dep', api_base: 'https://a.openai.azure.com/', api_version: '2025-01-01' },
      {},
      'azure https://a.openai.azure.com/openai dep azure AZURE_OPENAI_API_KEY',
    ],
    [
      'azure by the variable of LiteLLM',
      { model: 'azure/dep', api_base: 'https://a.openai.azure.com' },
      { AZURE_API_KEY: 'x' },
      'azure https://a.openai.azure.com/openai dep azure AZURE_API_KEY',
    ],
    [
      'azure v1',
      { model: 'azure/dep', api_base: 'https://a.openai.azure.com/openai/v1/' },
      {},
      'azure https://a.openai.azure.com/openai/v1 dep azure AZURE_OPENAI_API_KEY',
    ],
    [
      'bedrock',
      { model: 'bedrock/openai.gpt-oss-20b-1:0', aws_region_name: 'eu-west-1' },
      {},
      'bedrock https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1 openai.gpt-oss-20b-1:0 bedrock AWS_BEARER_TOKEN_BEDROCK',
    ],
    [
      'vertex',
      { model: 'vertex_ai/gemini-2.5-pro', vertex_project: 'p', vertex_location: 'europe-west4' },
      {},
      'vertex https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/openapi google/gemini-2.5-pro vertex VERTEX_ACCESS_TOKEN',
    ],
    [
      'hosted_vllm',
      { model: 'hosted_vllm/q', api_base: 'http://10.0.0.5:8000/v1' },
      {},
      'vllm http://10.0.0.5:8000/v1 q vllm VLLM_API_KEY',
    ],
    [
      'an unknown provider with an address',
      { model: 'acme/x', api_base: 'https://acme.example/v1' },
      {},
      'acme https://acme.example/v1 x acme',
    ],
    ['an unknown provider without', { model: 'acme/x' }, {}, 'none'],
  ];
  for (const [what, params, env, expected] of rows) {
    it(what, () => assert.equal(one(params, env).route('m'), expected));
  }
  it('sends the api version along', () => {
    const { backends } = one({ model: 'azure/d', api_base: 'https://a.openai.azure.com', api_version: '2025-01-01' });
    assert.deepEqual(backends[0]?.query, { 'api-version': '2025-01-01' });
    const unquoted = load(
      'model_list:\n- {model_name: m, litellm_params: {model: azure/d, api_base: "https://a.openai.azure.com", api_version: 2025-01-01}}\n',
    );
    assert.deepEqual(unquoted.backends[0]?.query, { 'api-version': '2025-01-01' });
  });
  it('serves nothing but what is listed', () => {
    const { route } = one({ model: 'openai/gpt-4o' });
    for (const name of ['gpt-4o', 'openai/gpt-4o', 'other']) assert.equal(route(name), 'none');
  });
});

describe('LiteLLM file: many models', () => {
  it('makes one backend for each address and one model for each name', () => {
    const { backends, listed, secrets } = load(`
model_list:
  - {model_name: a, litellm_params: {model: openrouter/x}}
  - {model_name: b, litellm_params: {model: openrouter/y, api_key: sk-or-literal}}
  - {model_name: c, litellm_params: {model: openrouter/z, api_base: https://eu.openrouter.ai/api/v1}}
`);
    assert.deepEqual(
      backends.map(({ name, prefix, isDefault, models }) => [name, prefix, isDefault, models.map(({ id }) => id)]),
      [
        ['openrouter', '', false, ['a', 'b']],
        ['openrouter-2', '', false, ['c']],
      ],
    );
    assert.deepEqual(listed, ['a', 'b', 'c']);
    assert.deepEqual(secrets, { 'model:b': 'sk-or-literal' });
  });
  it('tries entries of one name in order, before the other fallbacks', () => {
    const { listed, fallbacks, told } = load(`
model_list:
  - {model_name: a, litellm_params: {model: groq/one}}
  - {model_name: a, litellm_params: {model: openrouter/two}}
  - {model_name: a, litellm_params: {model: groq/three}}
  - {model_name: big, litellm_params: {model: openai/gpt-4.1}}
litellm_settings:
  fallbacks: [{a: [big]}]
  default_fallbacks: big
router_settings:
  fallbacks:
    - big: [a]
    - gone: [a]
  context_window_fallbacks: [{a: [big]}]
`);
    assert.deepEqual(told, [
      '~4:18 model_list[1].model_name: a stands here more than once. LiteLLM spreads requests over such entries; here the first is asked, and the others in their order when it fails.',
      '~13:13 router_settings.fallbacks[1].gone: gone is not in model_list, so its fallbacks are left out.',
    ]);
    assert.deepEqual(listed, ['a', 'big']);
    assert.deepEqual(fallbacks('a'), ['a#2', 'a#3', 'big']);
    assert.deepEqual(fallbacks('big'), ['a']);
  });
  it('matches wildcards, the longest first, and lists what the backend has', () => {
    const { route, listed, backends } = load(`
model_list:
  - {model_name: "*", litellm_params: {model: openai/*}}
  - {model_name: "anthropic/*", litellm_params: {model: "anthropic/*"}}
  - {model_name: "team-*", litellm_params: {model: "groq/team/*-v2"}}
  - {model_name: exact, litellm_params: {model: groq/one}}
`);
    assert.deepEqual(listed, ['exact']);
    assert.match(route('gpt-4o'), /^openai \S+ gpt-4o /);
    assert.match(route('anthropic/claude-x'), /^anthropic \S+ claude-x /);
    assert.match(route('team-red'), /^groq \S+ team\/red-v2 /);
    const anthropic = backends.find(({ name }) => name === 'anthropic');
    assert.deepEqual(anthropic && clientNames(anthropic, ['claude-x']), ['anthropic/claude-x']);
  });
  it('warns of a second equal wildcard', () => {
    const { told } = load(
      'model_list:\n- {model_name: "x/*", litellm_params: {model: groq/*}}\n- {model_name: "x/*", litellm_params: {model: xai/*}}\n',
    );
    assert.deepEqual(told, [
      '~3:16 model_list[1].model_name: x/* stands here again; only the first of equal wildcards is used.',
    ]);
  });
  it('reads a lone y or n as PyYAML does: a letter, where yes and no, on and off are switches', () => {
    for (const name of ['y', 'Y', 'n', 'N']) {
      const { route, told } = load(`model_list:\n- {model_name: ${name}, litellm_params: {model: groq/x}}\n`);
      assert.deepEqual([route(name).split(' ')[0], told], ['groq', []], name);
    }
    for (const [word, dropped] of [
      ['yes', true],
      ['on', true],
      ['True', true],
      ['NO', false],
      ['off', false],
    ] as const) {
      const { backends, told } = load(
        `model_list:\n- {model_name: a, litellm_params: {model: groq/x}}\nlitellm_settings: {drop_params: ${word}}\n`,
      );
      assert.deepEqual([backends[0]?.unsupportedParams.includes('logprobs'), told], [dropped, []], word);
    }
  });
  it('reads YAML as PyYAML does: anchors, merge keys, yes', () => {
    const { route, backends, told } = load(`
base: &base
  api_base: https://proxy.example/v1
model_list:
  - model_name: a
    litellm_params:
      <<: *base
      model: groq/x
litellm_settings:
  drop_params: yes
`);
    assert.deepEqual(told, ['~2:1 base: base has no counterpart here and is left out.']);
    assert.equal(route('a'), 'groq https://proxy.example/v1 x groq GROQ_API_KEY');
    assert.deepEqual(backends[0]?.unsupportedParams, [
      'logprobs',
      'logit_bias',
      'top_logprobs',
      'store',
      'messages[].name',
    ]);
  });
});

describe('LiteLLM file: settings', () => {
  it('drops what the preset refuses only where drop_params says so', () => {
    const dropped = (params: Record<string, unknown>, drop?: boolean) =>
      one({ model: 'groq/x', ...params }, {}, { litellm_settings: drop === undefined ? {} : { drop_params: drop } })
        .backends[0]?.unsupportedParams;
    assert.deepEqual(dropped({}), []);
    assert.deepEqual(dropped({}, true), ['logprobs', 'logit_bias', 'top_logprobs', 'store', 'messages[].name']);
    assert.deepEqual(dropped({ drop_params: false }, true), []);
    assert.deepEqual(dropped({ additional_drop_params: ['seed'] }), ['seed']);
    assert.deepEqual(dropped({ additional_drop_params: ['seed'] }, true), [
      'logprobs',
      'logit_bias',
      'top_logprobs',
      'store',
      'messages[].name',
      'seed',
    ]);
  });
  it('a written drop_params: false lets nothing be learned from refusals, none written does', () => {
    const learns = (params: Record<string, unknown>, drop?: boolean) =>
      one({ model: 'groq/x', ...params }, {}, { litellm_settings: drop === undefined ? {} : { drop_params: drop } })
        .backends[0]?.learns;
    assert.deepEqual([learns({}), learns({}, true), learns({}, false)], [undefined, undefined, false]);
    assert.deepEqual([learns({ drop_params: false }, true), learns({ drop_params: true }, false)], [false, undefined]);
  });

  it('finds the master key in both places, literal or by variable', () => {
    const key = (rest: Record<string, unknown>, env: Environment = {}) =>
      one({ model: 'groq/x' }, env, rest).secrets['client:main'];
    assert.equal(key({ litellm_settings: { master_key: 'sk-1' } }), 'sk-1');
    assert.equal(key({ general_settings: { master_key: 'sk-2' }, litellm_settings: { master_key: 'sk-1' } }), 'sk-2');
    assert.equal(key({ general_settings: { master_key: 'os.environ/MASTER' } }, { MASTER: 'sk-3' }), 'sk-3');
    assert.equal(
      key({ general_settings: { master_key: 'os.environ/MASTER' }, environment_variables: { MASTER: 'sk-4' } }),
      'sk-4',
    );
    assert.equal(key({ general_settings: { master_key: 'os.environ/MASTER' } }), undefined);
  });
  it('takes environment_variables for what the real environment does not have', () => {
    const rest = {
      environment_variables: { GROQ_API_KEY: 'gsk-file', OWN: 'own-file', BASE: 'https://file.example/v1' },
    };
    assert.deepEqual(one({ model: 'groq/x' }, {}, rest).secrets, { groq: 'gsk-file' });
    assert.deepEqual(one({ model: 'groq/x' }, { GROQ_API_KEY: 'real' }, rest).secrets, {});
    assert.deepEqual(one({ model: 'groq/x', api_key: 'os.environ/OWN' }, { GROQ_API_KEY: 'real' }, rest).secrets, {
      OWN: 'own-file',
    });
    assert.equal(
      one({ model: 'groq/x', api_base: 'os.environ/BASE' }, {}, rest).backends[0]?.baseUrl,
      'https://file.example/v1',
    );
    assert.equal(
      one({ model: 'groq/x', api_base: 'os.environ/BASE' }, { BASE: 'https://real.example/v1' }, rest).backends[0]
        ?.baseUrl,
      'https://real.example/v1',
    );
  });
  it('takes aliases, retries, time limits, effort, headers and prices', () => {
    const { settings, told } = load(
      JSON.stringify({
        model_list: [
          {
            model_name: 'm',
            litellm_params: {
              model: 'openai/gpt-5.2',
              reasoning_effort: 'high',
              extra_headers: { 'x-team': 'os.environ/TEAM' },
              input_cost_per_token: 1.25e-6,
              output_cost_per_token: 1e-5,
            },
            model_info: { mode: 'chat', max_output_tokens: 9, cache_read_input_token_cost: 1.25e-7 },
          },
        ],
        litellm_settings: { num_retries: 2, request_timeout: 600 },
        router_settings: { model_group_alias: { short: 'm', other: { model: 'm', hidden: true } } },
      }),
      { TEAM: 'red' },
    );
    assert.deepEqual(told, []);
    assert.deepEqual(settings?.aliases, { short: 'm', other: 'm' });
    assert.equal(settings?.retry.attemptsPerBackend, 3);
    assert.equal(settings?.timeouts.total, 600);
    assert.deepEqual(settings?.backends[0]?.headers, { 'x-team': 'red' });
    assert.deepEqual(settings?.backends[0]?.models?.[0], {
      id: 'm',
      upstream: 'gpt-5.2',
      reasoningEffort: 'high',
      maxOutputTokens: 9,
      price: { input: 1.25, output: 10, cacheRead: 0.125 },
    });
  });
  it('never lets a literal key into the settings', () => {
    const { settings, problems, secrets } = one(
      { model: 'openai/gpt-4o', api_key: 'sk-proj-secret' },
      {},
      { environment_variables: { OPENAI_API_KEY: 'sk-proj-other' } },
    );
    assert.ok(!JSON.stringify([settings, problems]).includes('sk-proj'));
    assert.deepEqual(secrets, { 'model:m': 'sk-proj-secret', openai: 'sk-proj-other' });
  });
});

describe('LiteLLM file: what is wrong, and where', () => {
  const rows: [string, string, string[]][] = [
    [
      'broken YAML',
      'model_list:\n  - model_name: a\n   litellm_params: {}\n',
      ['3:1 : This is not valid YAML: Sequence item without - indicator.'],
    ],
    ['a key twice', 'model_list: []\nmodel_list: []\n', ['2:1 : This is not valid YAML: Map keys must be unique.']],
    ['no list', 'model_list: 3\n', ['1:13 model_list: model_list must be a list.']],
    [
      'no mapping',
      'model_list:\n  - 3\n',
      ['2:5 model_list[0]: An entry of model_list must have model_name and litellm_params.'],
    ],
    [
      'no params',
      'model_list:\n  - model_name: a\n',
      ['2:5 model_list[0]: litellm_params is missing or not a mapping.'],
    ],
    [
      'no model',
      'model_list:\n  - model_name: a\n    litellm_params:\n      api_key: x\n',
      ['4:7 model_list[0].litellm_params: litellm_params needs a model, as openai/gpt-4o.'],
    ],
    ['no name', 'model_list:\n  - litellm_params: {model: groq/x}\n', ['2:5 model_list[0]: model_name is missing.']],
    [
      'a bad address',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: groq/x\n      api_base: nonsense\n',
      [
        '5:17 model_list[0].litellm_params.api_base: baseUrl is wrong: it starts with http:// or https:// and has no spaces.',
      ],
    ],
    [
      'an unset variable',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: groq/x\n      api_key: os.environ/NOPE\n',
      ['~5:16 model_list[0].litellm_params.api_key: The environment variable NOPE is not set.'],
    ],
    [
      'unknown params',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: groq/x\n      rpm: 6\n',
      ['~5:7 model_list[0].litellm_params.rpm: rpm has no counterpart here and is left out.'],
    ],
    [
      'unknown settings',
      'model_list: []\ngeneral_settings:\n  database_url: x\nlitellm_settings:\n  cache: true\nmore: 1\n',
      [
        '~3:3 general_settings.database_url: database_url has no counterpart here and is left out.',
        '~5:3 litellm_settings.cache: cache has no counterpart here and is left out.',
        '~6:1 more: more has no counterpart here and is left out.',
      ],
    ],
    [
      'a provider we do not know',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: acme/x\n',
      [
        '~4:14 model_list[0].litellm_params.model: This model is left out: the provider acme is not known here. Give it an api_base that speaks the OpenAI API.',
      ],
    ],
    [
      'a name without provider',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: llama\n',
      [
        '~4:14 model_list[0].litellm_params.model: This model is left out: its provider is not written in front of it. Give it an api_base that speaks the OpenAI API.',
      ],
    ],
    [
      'azure without address',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: azure/x\n',
      [
        '~4:14 model_list[0].litellm_params.model: This model is left out: azure needs an api_base, as https://my-resource.openai.azure.com.',
      ],
    ],
    [
      'bedrock without region',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: bedrock/x\n',
      ['~4:14 model_list[0].litellm_params.model: This model is left out: bedrock needs aws_region_name.'],
    ],
    [
      'a fallback to nowhere',
      'model_list:\n  - model_name: a\n    litellm_params:\n      model: groq/x\nlitellm_settings:\n  default_fallbacks: [gone]\n',
      ['~2:5 model_list[0].fallbacks[0]: This fallback is gone, but no backend serves that name.'],
    ],
    [
      'an alias to nowhere',
      'router_settings:\n  model_group_alias:\n    x: gone\n',
      ['~3:8 router_settings.model_group_alias.x: The alias x means gone, but no backend serves that name.'],
    ],
    [
      'a name that Cursor keeps to itself',
      'model_list:\n  - model_name: claude-x\n    litellm_params: {model: groq/x}\n',
      [
        '~2:17 model_list[0].model_name: Cursor does not send names that begin with "claude-" here but to its Anthropic key or its own service. Give the model another name, for example my-claude-x.',
      ],
    ],
  ];
  for (const [what, text, expected] of rows) it(what, () => assert.deepEqual(load(text).told, expected));

  it('one anchor may stand in, or be merged into, every model of a large file', () => {
    const entries = Array.from({ length: 150 }, (_, index) => [
      `  - {model_name: m${index}, litellm_params: *shared}`,
      `  - {model_name: n${index}, litellm_params: {<<: *shared, model: groq/y}}`,
    ]);
    const { told, listed } = load(
      `model_list:\n  - {model_name: first, litellm_params: &shared {model: groq/x, api_key: k}}\n${entries.flat().join('\n')}\n`,
    );
    assert.deepEqual(told, []);
    assert.equal(listed.filter((name) => !name.includes(':')).length, 301);
  });

  it('credentials, fallbacks and aliases of the wrong form are told where they stand', () => {
    const { told, fallbacks, settings } = load(`model_list:
  - {model_name: a, litellm_params: {model: groq/x}}
  - {model_name: b, litellm_params: {model: groq/y}}
credential_list: 4
router_settings:
  context_window_fallbacks: [{nobody: [a]}, {a: [b, c]}]
  fallbacks: [{a: [[1], b, a]}]
  model_group_alias: {q: [1], r: {model: a}, s: b}
`);
    assert.deepEqual(told, [
      '~4:18 credential_list: A list is expected here; this is left out.',
      '~7:20 router_settings.fallbacks[0].a[0]: Only names of models can be fallbacks here.',
      '~6:39 router_settings.context_window_fallbacks[0].nobody: nobody is not in model_list, so its fallback is left out.',
      '~6:49 router_settings.context_window_fallbacks[1].a: Only the first model is used when the input is too long.',
      '~8:26 router_settings.model_group_alias.q: An alias needs the name of a model.',
    ]);
    assert.equal(settings?.backends[0]?.models?.[0]?.contextFallback, 'b');
    assert.deepEqual([fallbacks('a'), settings?.aliases], [['b'], { r: 'a', s: 'b' }]);
    const list = load('model_list: []\ncredential_list: [4, {credential_name: x, credential_values: 3}]\n').told;
    assert.deepEqual(
      list.map((line) =>
        line
          .split(':')
          .slice(0, 3)
          .join(':')
          .replace(/^~2:\d+ /, ''),
      ),
      [
        'credential_list[0]: A credential has a credential_name and a mapping credential_values; this one is left out.',
        'credential_list[1]: A credential has a credential_name and a mapping credential_values; this one is left out.',
      ],
    );
  });

  it('a value of the wrong form is told where it stands, and the rest is taken', () => {
    const { told, settings } = load(`model_list:
  - model_name: a
    litellm_params:
      model: groq/x
      drop_params: maybe
      extra_headers: X-Team
      additional_drop_params: seed
      output_cost_per_token: 0.1
  - model_name: b
    litellm_params: {model: groq/y, input_cost_per_token: -1, output_cost_per_token: 1}
    model_info: {max_output_tokens: [1]}
  - model_name: c
    litellm_params: {model: groq/z, input_cost_per_token: 0.000001}
    model_info: {mode: embedding}
router_settings:
  num_retries: 50
  timeout: 100000
  model_group_alias: [a]
  fallbacks: [a]
`);
    assert.deepEqual(told, [
      '~6:22 model_list[0].litellm_params.extra_headers: extra_headers must be a mapping and is left out.',
      '~8:30 model_list[0].litellm_params.output_cost_per_token: A price needs both input and output; this half is left out.',
      '~5:20 model_list[0].litellm_params.drop_params: true or false is expected here; this is left out.',
      '~7:31 model_list[0].litellm_params.additional_drop_params: A list is expected here; this is left out.',
      '~10:59 model_list[1].litellm_params.input_cost_per_token: A number is expected here; this is left out.',
      '~11:37 model_list[1].model_info.max_output_tokens: A number is expected here; this is left out.',
      '~19:15 router_settings.fallbacks[0]: A list of mappings is expected here, as - gpt-4o: [other-model].',
      '~18:22 router_settings.model_group_alias: model_group_alias must be a mapping and is left out.',
      '~16:16 router_settings.num_retries: 9 is the most here, and is what is used.',
      '~17:12 router_settings.timeout: 86400 is the most here, and is what is used.',
    ]);
    assert.equal(settings?.retry.attemptsPerBackend, 10);
    assert.equal(settings?.timeouts.total, 86_400);
    assert.deepEqual(
      settings?.backends.flatMap(({ models = [] }) => models.map(({ price }) => price)),
      [undefined, undefined, { input: 1, output: 0 }],
    );
  });

  it('an alias without its anchor, and a merge of what is no mapping, are told as that', () => {
    const entry = (params: string) => `model_list:\n  - model_name: a\n    litellm_params: ${params}\n`;
    assert.deepEqual(load(entry('*shared')).told, [
      '3:21 : *shared needs an anchor &shared before it, and there is none.',
    ]);
    assert.match(load(entry('{<<: shared}')).told.join(), /^1:1 : This is not valid YAML: Merge sources must be maps/);
  });

  it('refuses YAML that unfolds without end', () => {
    const layers = Array.from(
      { length: 9 },
      (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(', ')}]`,
    );
    const { told, settings } = load(`model_list: []\nl0: &l0 [x]\n${layers.join('\n')}\n`);
    assert.equal(settings, undefined);
    assert.deepEqual(told.slice(-1)[0]?.replace(/^\S+ /, ''), ': This YAML refers to itself or unfolds too far.');
  });
});
