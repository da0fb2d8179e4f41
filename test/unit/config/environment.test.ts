import assert from 'node:assert/strict';
import { settingsFromEnvironment } from '../../../src/config/environment';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import { validateSettings } from '../../../src/settings/check';

function build(env: Record<string, string>, local: string[] = []) {
  const { settings, problems } = validateSettings(
    settingsFromEnvironment(
      env,
      local.map((preset) => ({ preset })),
    ),
  );
  assert.ok(settings);
  assert.deepEqual(problems, []);
  const backends = buildBackends(settings, env);
  return {
    backends,
    table: createRouteTable(settings, backends),
    names: backends.map(({ name, isDefault }) => (isDefault ? `${name}!` : name)),
  };
}

describe('zero configuration', () => {
  const rows: [string, Record<string, string>, string[], string[]][] = [
    ['nothing at all', {}, [], ['demo']],
    ['one key', { GROQ_API_KEY: 'x' }, [], ['groq!', 'demo']],
    [
      'openai is the default among several',
      { GROQ_API_KEY: 'x', OPENAI_API_KEY: 'y' },
      [],
      ['openai!', 'groq', 'demo'],
    ],
    [
      'none is the default among others',
      { GROQ_API_KEY: 'x', ANTHROPIC_API_KEY: 'y' },
      [],
      ['anthropic', 'groq', 'demo'],
    ],
    ['a local server alone', {}, ['ollama'], ['ollama!', 'demo']],
    [
      'local servers beside a key',
      { OPENAI_API_KEY: 'x' },
      ['lmstudio', 'ollama'],
      ['openai!', 'ollama', 'lmstudio', 'demo'],
    ],
    ['an empty variable', { OPENAI_API_KEY: '' }, [], ['demo']],
    [
      'keys whose address is unknown',
      { AZURE_OPENAI_API_KEY: 'x', AWS_BEARER_TOKEN_BEDROCK: 'y', VERTEX_ACCESS_TOKEN: 'z' },
      [],
      ['demo'],
    ],
    ['a LiteLLM key without a proxy that answers', { LITELLM_MASTER_KEY: 'x' }, [], ['demo']],
    ['a local server that nobody knows', {}, ['toaster'], ['demo']],
  ];
  for (const [what, env, local, expected] of rows) {
    it(what, () => assert.deepEqual(build(env, local).names, expected));
  }

  const addresses: [Record<string, string>, string][] = [
    [{ OPENAI_API_KEY: 'x' }, 'https://api.openai.com/v1'],
    [{ ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: '' }, 'https://api.anthropic.com/v1'],
    [{ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: 'https://proxy.example/v1' }, 'https://proxy.example/v1'],
    [{ ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: 'https://proxy.example/a/' }, 'https://proxy.example/a/v1'],
    [{ ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: 'https://proxy.example/v1' }, 'https://proxy.example/v1'],
    [
      { AZURE_OPENAI_API_KEY: 'x', AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com/' },
      'https://a.openai.azure.com/openai/v1',
    ],
    [
      { AWS_BEARER_TOKEN_BEDROCK: 'x', AWS_REGION: 'us-east-1' },
      'https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1',
    ],
  ];
  for (const [env, expected] of addresses) {
    it(`${Object.keys(env).join(' and ')}: the key goes to ${expected}`, () =>
      assert.equal(build(env).backends[0]?.baseUrl, expected));
  }

  it('names the variable that is set, and no key', () => {
    const settings = settingsFromEnvironment({ GOOGLE_API_KEY: 'AIza-secret' }, []);
    assert.ok(!JSON.stringify(settings).includes('AIza'));
    assert.equal(settings.backends?.[0]?.apiKeyEnv, 'GOOGLE_API_KEY');
  });
  it('keeps the default that was one before, while it is there', () => {
    const defaultAfter = (before: string) =>
      settingsFromEnvironment({ GROQ_API_KEY: 'x', OPENAI_API_KEY: 'y' }, [], before).backends?.find(
        (backend) => backend.default,
      )?.name;
    assert.equal(defaultAfter('groq'), 'groq');
    assert.equal(defaultAfter('mistral'), 'openai');
  });
  it('lists the demo, which is never the default', () => {
    const { table } = build({});
    assert.deepEqual(table.listed(), ['demo/echo']);
    assert.ok('notFound' in table.resolve('gpt-4o'));
  });
});
