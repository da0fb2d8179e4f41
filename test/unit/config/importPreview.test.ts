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
