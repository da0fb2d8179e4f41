/** What an import would do: shown before anything is written, keys by name only, nothing of one's own replaced in silence. */

import assert from 'node:assert/strict';
import { mergeAliases, mergeBackends } from '../../../src/config/formats/importApply';
import type { ImportPreview } from '../../../src/config/formats/importItems';
import { previewImport } from '../../../src/config/formats/importPreview';
import { loadConfigText } from '../../../src/config/load';
import { type SettingsInput, settingsSchema } from '../../../src/settings/schema';

const LLM_ROUTER = `{
  "listening_port": 12000, "logging": {"level": "debug"}, "llmrouter_api_key_env": "MY_KEY",
  "aliases": {"o1": "groq/qwen", "mine": "openai/x"},
  "unheard": 1,
  "backends": [
    {"name": "openai", "base_url": "https://api.openai.com/v1", "prefix": "openai/", "default": true, "require_api_key": true, "key_env_var": "OPENAI_API_KEY"},
    {"name": "groq", "base_url": "https://api.groq.com/openai/v1", "prefix": "groq/", "key_env_var": "GROQ_API_KEY"}
  ]
}`;
const LITELLM = `model_list:
  - model_name: fast
    litellm_params: {model: openrouter/some/model, api_key: os.environ/OPENROUTER_API_KEY}
  - model_name: inline
    litellm_params: {model: groq/llama, api_key: gsk_MARKED0123456789abcdef}
general_settings: {master_key: sk-MARKEDmaster0123456789, database_url: x}
`;

function preview(
  text: string,
  {
    present = {},
    stored = [],
    env = {},
  }: { present?: SettingsInput; stored?: string[]; env?: Record<string, string> } = {},
): ImportPreview {
  return previewImport(loadConfigText(text, { env }), {
    file: 'config.yaml',
    present: settingsSchema.parse(present),
    storedKeys: new Set(stored),
    env,
    ownEnv: {},
  });
}
const named = (result: ImportPreview, kind: string) =>
  result.items.filter((item) => item.kind === kind).map(({ name, replaces }) => `${name}${replaces ? '!' : ''}`);

describe('import preview', () => {
  it('an llm-router file: backends, aliases, settings, keys from its .env; what is missing is told', () => {
    const result = preview(LLM_ROUTER, { env: { MY_KEY: 'sk-client', GROQ_API_KEY: 'gsk-1' } });
    assert.equal(result.format, 'llm-router');
    assert.deepEqual(named(result, 'backend'), ['openai', 'groq']);
    assert.deepEqual(named(result, 'alias'), ['o1', 'mine']);
    assert.deepEqual(named(result, 'setting'), ['log.level']);
    assert.deepEqual(named(result, 'key'), ['client:main', 'groq']);
    assert.ok(result.left.some(({ place, why }) => place.startsWith('unheard') && why.includes('no effect')));
    assert.ok(result.left.some(({ place, why }) => place === 'openai' && why.includes('OPENAI_API_KEY')));
  });

  it("another machine's port, program and start stay there, and the page says so", () => {
    const result = preview(
      '{"port": 12000, "autoStart": false, "tunnel": {"provider": "ngrok", "binary": "/opt/ngrok"}, "backends": [{"name": "groq", "preset": "groq"}]}',
    );
    assert.deepEqual(named(result, 'setting'), ['tunnel.provider']);
    for (const key of ['port', 'tunnel.binary', 'autoStart']) {
      assert.ok(
        result.left.some(({ place }) => place === key),
        key,
      );
    }
  });

  it("a provider's key that would go to a stranger is shown, explained and not to be ticked", () => {
    const backend = (name: string, base_url: string, key_env_var: string) => ({
      name,
      base_url,
      prefix: `${name}/`,
      key_env_var,
    });
    const result = preview(
      JSON.stringify({
        listening_port: 1,
        backends: [
          backend('openai', 'https://eu.api.openai.com/v1', 'OPENAI_API_KEY'),
          backend('evil', 'https://api.openai.com.evil.example/v1', 'OPENAI_API_KEY'),
          backend('own', 'https://models.example/v1', 'MY_OWN_KEY'),
          backend('here', 'http://127.0.0.1:4000/v1', 'OPENAI_API_KEY'),
        ],
      }),
    );
    const careful = result.items.flatMap((item) => (item.kind === 'backend' && item.careful ? [item] : []));
    assert.deepEqual(
      careful.map(({ name }) => name),
      ['evil'],
    );
    assert.match(careful[0]!.careful!, /OPENAI_API_KEY to api\.openai\.com\.evil\.example, which is not openai/);
    assert.match(result.page, /\*\*not ticked\*\*: It sends the key in OPENAI_API_KEY/);
  });

  const carefulOf = (result: ImportPreview): string[] =>
    result.items.flatMap((item) => (item.kind === 'backend' && item.careful ? [`${item.name}: ${item.careful}`] : []));

  it('a host that only begins like this machine is a stranger', () => {
    const backends = ['localhost.evil.example', '127.evil.example', 'localhost', '127.0.0.2', '[::1]'].map(
      (host, index) => ({
        name: `b${index}`,
        baseUrl: `https://${host}/v1`,
        apiKeyEnv: 'OPENAI_API_KEY',
      }),
    );
    assert.deepEqual(carefulOf(preview(JSON.stringify({ backends }))), [
      'b0: It sends the key in OPENAI_API_KEY to localhost.evil.example, which is not openai.',
      'b1: It sends the key in OPENAI_API_KEY to 127.evil.example, which is not openai.',
    ]);
  });

  it("a preset's own variable and those of apiKeyNames are looked at like one that is written", () => {
    const evil = 'https://evil.example/v1';
    const backends = [
      { name: 'one', preset: 'openai', baseUrl: evil },
      { name: 'two', baseUrl: evil, apiKeyNames: ['MY_OWN_KEY', 'GROQ_API_KEY'] },
      { name: 'three', preset: 'demo', baseUrl: evil, apiKeyEnv: 'XAI_API_KEY' },
      { name: 'four', preset: 'azure', baseUrl: 'https://mine.openai.azure.com/openai/v1' },
      { name: 'five', preset: 'azure', baseUrl: 'https://mine.openai.azure.com.evil.example/openai/v1' },
      { name: 'six', preset: 'litellm', baseUrl: 'https://proxy.example/v1' },
    ];
    assert.deepEqual(carefulOf(preview(JSON.stringify({ backends }))), [
      'one: It sends the key in OPENAI_API_KEY to evil.example, which is not openai.',
      'two: It sends the key in GROQ_API_KEY to evil.example, which is not groq.',
      'three: It sends the key in XAI_API_KEY to evil.example, which is not xai.',
      'five: It sends the key in AZURE_OPENAI_API_KEY to mine.openai.azure.com.evil.example, which is not azure or azure-deployments.',
    ]);
  });

  it('a stored key that would go where none of the own backends sends it is not to be ticked', () => {
    const evil = 'https://evil.example/v1';
    const backends = [
      { name: 'mine', baseUrl: evil },
      { name: 'other', baseUrl: evil, models: [{ id: 'm', apiKeyName: 'second' }] },
      { name: 'litellm', baseUrl: evil },
      { name: 'groq', preset: 'groq' },
      { name: 'moved', baseUrl: 'https://own.example/elsewhere', apiKeyNames: ['mine'] },
    ];
    const present = { backends: [{ name: 'mine', baseUrl: 'https://own.example/v1' }] };
    const stored = ['mine', 'second', 'litellm', 'groq'];
    assert.deepEqual(carefulOf(preview(JSON.stringify({ backends }), { present, stored })), [
      'mine: It sends the stored key mine to evil.example, where no backend of yours sends it.',
      'other: It sends the stored key second to evil.example, where no backend of yours sends it.',
      'litellm: It sends the stored key litellm to evil.example, where no backend of yours sends it.',
    ]);
  });

  it('variables among apiKeyNames are offered for the secret storage, and told where they are missing', () => {
    const backends = [{ name: 'several', baseUrl: 'https://own.example/v1', apiKeyNames: ['FIRST_KEY', 'SECOND_KEY'] }];
    const text = JSON.stringify({ backends });
    const missing = (result: ImportPreview) => result.left.filter(({ place }) => place === 'several');
    const given = preview(text, { env: { SECOND_KEY: 'sk-2' } });
    assert.deepEqual(named(given, 'key'), ['SECOND_KEY']);
    assert.deepEqual(missing(given), []);
    assert.deepEqual(missing(preview(text, { stored: ['FIRST_KEY'] })), []);
    assert.match(missing(preview(text))[0]!.why, /variables FIRST_KEY or SECOND_KEY, which have no value here/);
  });

  it('marks what would replace something', () => {
    const result = preview(LLM_ROUTER, {
      present: { port: 13_000, backends: [{ name: 'groq', preset: 'groq' }], aliases: { o1: 'groq/y' } },
      stored: ['client:main'],
      env: { MY_KEY: 'x' },
    });
    assert.deepEqual(named(result, 'backend'), ['openai', 'groq!']);
    assert.deepEqual(named(result, 'alias'), ['o1!', 'mine']);
    assert.deepEqual(named(result, 'setting'), ['log.level']);
    assert.deepEqual(named(result, 'key'), ['client:main!']);
  });

  it('a LiteLLM file: literal keys go to the secret storage and are never shown', () => {
    const result = preview(LITELLM, { env: { OPENROUTER_API_KEY: 'sk-or-MARKED' } });
    assert.equal(result.format, 'litellm');
    assert.deepEqual(named(result, 'key').sort(), ['OPENROUTER_API_KEY', 'client:main', 'model:inline']);
    const values = result.items.flatMap((item) => (item.kind === 'key' ? [item.value] : []));
    assert.ok(values.every((value) => value.includes('MARKED')));
    const text = result.page;
    assert.ok(!text.includes('MARKED'));
    assert.match(text, /\| Key \| model:inline \|/);
    assert.match(text, /database_url/);
    const shown = JSON.stringify(result.items.filter((item) => item.kind !== 'key'));
    assert.ok(!shown.includes('MARKED'), 'no key in what becomes a setting');
  });

  it('broken and foreign files say what is wrong and offer nothing', () => {
    for (const text of [
      '',
      '{"backends": [',
      '[1, 2]',
      'model_list: 7',
      'hello: world',
      '{"backends": [{"name": "a b"}]}',
    ]) {
      const result = preview(text);
      assert.equal(result.usable, false, text);
      assert.deepEqual(result.items, []);
      assert.ok(result.left.length > 0, text);
      assert.match(result.page, /nothing can be imported/);
    }
  });

  it('replaces backends in place, adds new ones behind, and leaves one default', () => {
    const { items } = preview(LLM_ROUTER);
    const present = [
      { name: 'mine', default: true },
      { name: 'groq', preset: 'groq', prefix: 'g/' },
    ];
    const merged = mergeBackends(present, items);
    assert.deepEqual(
      merged.map(({ name }) => name),
      ['mine', 'groq', 'openai'],
    );
    assert.equal(merged[1]?.prefix, 'groq/');
    assert.deepEqual(
      merged.filter((backend) => backend.default === true).map(({ name }) => name),
      ['mine'],
    );
    assert.equal(mergeBackends([], items).find(({ name }) => name === 'openai')?.default, true);
    assert.deepEqual(mergeAliases({ o1: 'a', keep: 'b' }, items), { o1: 'groq/qwen', keep: 'b', mine: 'openai/x' });
  });

  it('what an import writes validates again', () => {
    for (const text of [LLM_ROUTER, LITELLM]) {
      const { items } = preview(text);
      const backends = mergeBackends([], items);
      assert.ok(settingsSchema.safeParse({ backends, aliases: mergeAliases({}, items) }).success);
    }
  });
});
