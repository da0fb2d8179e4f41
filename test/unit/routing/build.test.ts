import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildBackends, emitTargetFor, isLocalHost, readBaseUrl, upstreamUrl } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import type { SettingsInput } from '../../../src/settings/schema';
import { settingsOf } from '../../support/settings';

type BackendInput = NonNullable<SettingsInput['backends']>[number];

function build(...backends: BackendInput[]) {
  return buildBackends(settingsOf({ backends }));
}
function buildOne(backend: BackendInput, env: Record<string, string> = {}) {
  const [built] = buildBackends(settingsOf({ backends: [backend] }), env);
  assert.ok(built);
  return built;
}

describe('base URLs', () => {
  const rows: [string, string][] = [
    ['https://api.example.com', 'https://api.example.com/v1'],
    ['https://api.example.com/', 'https://api.example.com/v1'],
    ['https://api.example.com/v1', 'https://api.example.com/v1'],
    ['https://api.example.com/v1/', 'https://api.example.com/v1'],
    ['https://api.example.com/api/openai//', 'https://api.example.com/api/openai'],
    ['http://localhost:11434', 'http://localhost:11434/v1'],
    ['http://[::1]:8080', 'http://[::1]:8080/v1'],
    ['HTTPS://API.Example.com/V2', 'https://api.example.com/V2'],
  ];
  for (const [written, expected] of rows) {
    it(`${written} is ${expected}`, () => assert.equal(readBaseUrl(written)?.baseUrl, expected));
  }
  for (const written of [
    'ftp://x',
    'nonsense',
    'https://',
    'https://{resource}.openai.azure.com/openai/v1',
    undefined,
  ]) {
    it(`${written} is none`, () => assert.equal(readBaseUrl(written), undefined));
  }
  it('takes a query apart and sends it with every request', () => {
    const backend = buildOne({ name: 'a', baseUrl: 'https://x.example/v1?api-version=7', query: { tenant: 'a b' } });
    assert.equal(
      upstreamUrl(backend, 'chat/completions'),
      'https://x.example/v1/chat/completions?api-version=7&tenant=a+b',
    );
  });
  it('never doubles /v1', () => {
    const backend = buildOne({ name: 'a', baseUrl: 'https://x.example/v1' });
    for (const route of ['models', '/models', '//models', 'v1/models', '/v1/models']) {
      assert.equal(upstreamUrl(backend, route), 'https://x.example/v1/models');
    }
  });
  it('gives an Azure host its own path', () => {
    const host = 'https://acme.openai.azure.com';
    assert.equal(buildOne({ name: 'a', preset: 'azure', baseUrl: host }).baseUrl, `${host}/openai/v1`);
    const old = buildOne({ name: 'a', preset: 'azure-deployments', baseUrl: host });
    assert.equal(
      upstreamUrl(old, 'chat/completions', 'my gpt/4'),
      `${host}/openai/deployments/my%20gpt%2F4/chat/completions?api-version=2024-10-21`,
    );
    assert.equal(upstreamUrl(old, 'models'), `${host}/openai/models?api-version=2024-10-21`);
  });
  it('leaves out the headers that a warning says are not sent', () => {
    const headers = { Host: 'other', Upgrade: 'h2c', Expect: '100-continue', 'Keep-Alive': 'timeout=5', 'X-Team': 'a' };
    const backend = buildOne({ name: 'a', baseUrl: 'https://x.example/v1', headers });
    assert.deepEqual(backend.headers, { 'x-team': 'a' });
  });
  it('refuses a preset whose placeholder nobody filled in', () => {
    assert.throws(() => build({ name: 'az', preset: 'azure' }), /backend az has no usable base URL/);
  });
  it('never lets a model name decide on host or path', () => {
    const old = buildOne({ name: 'a', preset: 'azure-deployments', baseUrl: 'https://acme.openai.azure.com' });
    const plain = buildOne({ name: 'b', baseUrl: 'https://x.example/v1' });
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('.', '..', '../..', '%2e%2e', '//evil', 'half \ud800')),
        (model) => {
          const url = new URL(upstreamUrl(old, 'chat/completions', model));
          assert.equal(url.origin, 'https://acme.openai.azure.com');
          const middle =
            model === '' ? '/openai/chat/completions' : /^\/openai\/deployments\/[^/]+\/chat\/completions$/;
          if (typeof middle === 'string') assert.equal(url.pathname, middle);
          else assert.match(url.pathname, middle);
          assert.equal(upstreamUrl(plain, 'chat/completions', model), 'https://x.example/v1/chat/completions');
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('local addresses', () => {
  const rows: [string, boolean][] = [
    ['localhost', true],
    ['ollama.localhost', true],
    ['nas.local', true],
    ['host.docker.internal', true],
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.20', true],
    ['169.254.1.1', true],
    ['[::1]', true],
    ['[fd00::1]', true],
    ['[fe80::1]', true],
    ['[2001:db8::1]', false],
    ['8.8.8.8', false],
    ['fd.example.com', false],
    ['localhost.example.com', false],
    ['api.openai.com', false],
    ['0.0.0.0', true],
    ['[::ffff:7f00:1]', true],
  ];
  for (const [host, expected] of rows) {
    it(`${host}: ${expected}`, () => assert.equal(isLocalHost(host), expected));
  }
});

describe('buildBackends', () => {
  it('makes the only backend the default', () => {
    assert.deepEqual(
      build({ name: 'a', baseUrl: 'http://x.example' }).map((backend) => backend.isDefault),
      [true],
    );
  });
  it('makes none of several the default, unless one says so', () => {
    const a = { name: 'a', baseUrl: 'http://x.example' };
    assert.deepEqual(
      build(a, { ...a, name: 'b' }).map((backend) => backend.isDefault),
      [false, false],
    );
    assert.deepEqual(
      build(a, { ...a, name: 'b', default: true }).map((backend) => backend.isDefault),
      [false, true],
    );
  });
  it('does not count the demo, and leaves alone who does not want to be the default', () => {
    assert.deepEqual(
      build({ name: 'demo', preset: 'demo' }, { name: 'a', baseUrl: 'http://x.example' }).map(
        (backend) => backend.isDefault,
      ),
      [false, true],
    );
    assert.equal(buildOne({ name: 'a', baseUrl: 'http://x.example', default: false }).isDefault, false);
  });
  it('lets what is written override the preset', () => {
    const backend = buildOne({
      name: 'proxy',
      preset: 'anthropic',
      baseUrl: 'http://127.0.0.1:9000/anthropic',
      apiKeyEnv: 'PROXY_KEY',
      headers: { 'Anthropic-Version': '2030-01-01', 'X-Team': 'a' },
      unsupportedParams: [],
      timeouts: { idle: 3 },
    });
    assert.equal(backend.baseUrl, 'http://127.0.0.1:9000/anthropic');
    assert.equal(backend.wire, 'messages');
    assert.equal(backend.auth, 'x-api-key');
    assert.equal(backend.apiKeyEnv, 'PROXY_KEY');
    assert.deepEqual(backend.headers, { 'anthropic-version': '2030-01-01', 'x-team': 'a' });
    assert.equal(backend.timeouts.idle, 3);
    assert.equal(backend.timeouts.connect, 10);
    assert.equal(backend.local, true);
    assert.equal(backend.requireApiKey, false, 'a server on this machine may do without a key');
  });
  it('uses Bearer and the form of the wire where Anthropic is spoken to as OpenAI', () => {
    const backend = buildOne({ name: 'a', preset: 'anthropic', wire: 'chat' });
    assert.equal(backend.auth, 'bearer');
    assert.equal(backend.abilities.reasoningField, 'reasoning_effort');
  });
  it('is careful where nothing is known', () => {
    const backend = buildOne({ name: 'a', baseUrl: 'https://x.example' });
    assert.equal(backend.wire, 'chat');
    assert.equal(backend.prefix, 'a/');
    assert.equal(backend.requireApiKey, false);
    assert.deepEqual(backend.abilities, {
      customTools: 'function',
      reasoningField: 'reasoning_effort',
      efforts: [],
      serviceTier: false,
      developerRole: false,
      metadata: false,
    });
    assert.equal(buildOne({ name: 'a', baseUrl: 'https://x.example', wire: 'messages' }).auth, 'x-api-key');
    assert.equal(
      buildOne({ name: 'a', baseUrl: 'https://x.example', wire: 'responses' }).abilities.reasoningField,
      'reasoning',
    );
  });
  it('takes the key variable that is set', () => {
    assert.equal(buildOne({ name: 'g', preset: 'gemini' }).apiKeyEnv, 'GEMINI_API_KEY');
    assert.equal(buildOne({ name: 'g', preset: 'gemini' }, { GOOGLE_API_KEY: 'x' }).apiKeyEnv, 'GOOGLE_API_KEY');
  });
  it('limits tool ids to 40 on the chat wire of OpenAI, and where nothing is known', () => {
    assert.equal(buildOne({ name: 'a', preset: 'openai' }).quirks.maxIdLength, 40);
    assert.equal(buildOne({ name: 'a', preset: 'openai', wire: 'responses' }).quirks.maxIdLength, 64);
    assert.equal(buildOne({ name: 'a', baseUrl: 'https://x.example' }).quirks.maxIdLength, 40);
  });
});

describe('emitTargetFor', () => {
  it('joins backend, model family and model entry', () => {
    const settings = settingsOf({
      backends: [
        {
          name: 'claude',
          preset: 'anthropic',
          roleRewrites: { developer: 'system' },
          unsupportedParams: ['seed'],
          models: [{ id: 'big', upstream: 'claude-opus-5', maxOutputTokens: 7, reasoningField: 'none' }],
        },
      ],
    });
    const target = createRouteTable(settings, buildBackends(settings)).resolve('big');
    assert.ok(!('notFound' in target));
    assert.deepEqual(emitTargetFor(target, { addCacheControl: true }), {
      model: 'claude-opus-5',
      customTools: 'function',
      reasoningField: 'none',
      serviceTier: false,
      developerRole: false,
      metadata: false,
      maxOutputTokens: 7,
      maxIdLength: 64,
      unsupportedParams: ['seed', 'temperature', 'top_p', 'top_k'],
      refusedSchemaKeys: [],
      schemaDialect: 'anthropicTools',
      roleRewrites: { developer: 'system' },
      strictTools: false,
      addCacheControl: true,
      maxTokensField: 'max_tokens',
      thinksUnasked: true,
    });
  });
  it('prefers what the backend settings say over the family', () => {
    const settings = settingsOf({
      backends: [{ name: 'o', preset: 'openai', efforts: ['low'], customTools: 'function' }],
    });
    const target = createRouteTable(settings, buildBackends(settings)).resolve('o/gpt-5.2');
    assert.ok(!('notFound' in target));
    assert.deepEqual(target.abilities.efforts, ['low']);
    assert.equal(target.abilities.customTools, 'function');
    assert.equal(target.abilities.maxOutputTokens, 128_000);
  });
});
