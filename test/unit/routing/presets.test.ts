import assert from 'node:assert/strict';
import { abilitiesFor, buildBackends } from '../../../src/routing/build';
import { presetForHost } from '../../../src/routing/presetForHost';
import { familyOf, PRESET_NAMES, PRESETS, type PresetName } from '../../../src/routing/presets';
import { settingsOf } from '../../support/settings';

describe('presets', () => {
  for (const name of PRESET_NAMES) {
    it(`${name} is complete`, () => {
      const preset = PRESETS[name];
      assert.ok(preset.title.length > 2);
      assert.match(preset.baseUrl, preset.local || name === 'litellm' ? /^http:\/\// : /^https:\/\//);
      assert.ok(!preset.baseUrl.endsWith('/'), 'no trailing slash');
      assert.equal(preset.fill !== undefined, /\{\w+\}/.test(preset.baseUrl), 'a placeholder comes with its sentence');
      if (preset.needsKey) {
        assert.ok(preset.keyEnv.length > 0, 'a variable for the key');
        assert.match(preset.keyUrl ?? '', /^https:\/\//, 'a page for the key');
        assert.match(preset.billingUrl ?? '', /^https:\/\//, 'a page for credit');
      }
      for (const header of Object.keys(preset.headers ?? {})) assert.equal(header, header.toLowerCase());
    });
  }

  it('has no key variable twice', () => {
    const names = PRESET_NAMES.filter((name) => !name.startsWith('azure')).flatMap((name) => PRESETS[name].keyEnv);
    assert.deepEqual(names, [...new Set(names)]);
  });

  const families: [PresetName, string, string, number | undefined][] = [
    ['anthropic', 'claude-3-haiku-20240307', 'none', 4_096],
    ['anthropic', 'claude-3-5-sonnet-20241022', 'none', 8_192],
    ['anthropic', 'claude-3-7-sonnet-20250219', 'thinking', 64_000],
    ['anthropic', 'claude-opus-4-20250514', 'thinking', 32_000],
    ['anthropic', 'claude-opus-4-1-20250805', 'thinking', 32_000],
    ['anthropic', 'claude-sonnet-4-20250514', 'thinking', 64_000],
    ['anthropic', 'claude-sonnet-4-5-20250929', 'thinking', 64_000],
    ['anthropic', 'claude-opus-4-5', 'thinking', 64_000],
    ['anthropic', 'claude-haiku-4-5', 'thinking', 64_000],
    ['anthropic', 'claude-opus-4-6', 'adaptive', 128_000],
    ['anthropic', 'claude-sonnet-4-6', 'adaptive', 128_000],
    ['anthropic', 'claude-opus-4-7', 'adaptive', 128_000],
    ['anthropic', 'claude-opus-5-5', 'adaptive', 128_000],
    ['openai', 'gpt-4o-mini', 'none', 16_384],
    ['openai', 'gpt-4.1', 'none', 32_768],
    ['openai', 'gpt-3.5-turbo', 'none', undefined],
    ['openai', 'gpt-5', 'reasoning_effort', 128_000],
    ['openai', 'gpt-5-chat-latest', 'none', 16_384],
    ['openai', 'o4-mini', 'reasoning_effort', 100_000],
    ['groq', 'llama-3.3-70b-versatile', 'none', undefined],
    ['groq', 'openai/gpt-oss-120b', 'reasoning_effort', undefined],
    ['gemini', 'gemini-2.5-pro', 'reasoning_effort', 65_536],
    ['gemini', 'gemini-2.0-flash', 'none', 8_192],
    ['xai', 'grok-4', 'none', undefined],
    ['xai', 'grok-4.20-reasoning', 'none', undefined],
    ['xai', 'grok-4.3', 'reasoning_effort', undefined],
    ['openrouter', 'anthropic/claude-sonnet-4.6', 'reasoning', undefined],
    ['ollama', 'llama3', 'none', undefined],
  ];
  for (const [preset, model, field, most] of families) {
    it(`${preset} ${model}: effort as ${field}, at most ${most ?? 'unknown'} tokens`, () => {
      const [backend] = buildBackends(settingsOf({ backends: [{ name: 'b', preset }] }));
      assert.ok(backend);
      const abilities = abilitiesFor(backend, model);
      assert.equal(abilities.reasoningField, field);
      assert.equal(abilities.maxOutputTokens, most);
    });
  }

  const efforts: [string, readonly string[]][] = [
    ['gpt-5', ['minimal', 'low', 'medium', 'high']],
    ['gpt-5.1', ['none', 'low', 'medium', 'high']],
    ['gpt-5.1-codex-max', ['none', 'low', 'medium', 'high', 'xhigh']],
    ['gpt-5.2', ['none', 'low', 'medium', 'high', 'xhigh']],
    ['gpt-4o', []],
  ];
  for (const [model, expected] of efforts) {
    it(`openai ${model} lists its efforts`, () => {
      assert.deepEqual(familyOf(PRESETS.openai, model)?.abilities.efforts ?? [], expected);
    });
  }

  const hosts: [string, PresetName | undefined][] = [
    ['https://api.openai.com/v1', 'openai'],
    ['https://API.groq.com/openai/v1', 'groq'],
    ['https://generativelanguage.googleapis.com/v1beta/openai/', 'gemini'],
    ['https://acme.openai.azure.com/openai/v1', 'azure'],
    ['https://acme.openai.azure.com/openai', 'azure-deployments'],
    ['https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1', 'bedrock'],
    ['https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi', 'vertex'],
    ['http://127.0.0.1:11434/v1', undefined],
    ['https://api.openai.com.example.org/v1', undefined],
    ['https://example.org/api.openai.com', undefined],
  ];
  for (const [url, expected] of hosts) {
    it(`knows ${url} as ${expected ?? 'nothing in particular'}`, () => assert.equal(presetForHost(url), expected));
  }
});
