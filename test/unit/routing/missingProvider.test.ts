import assert from 'node:assert/strict';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import type { SettingsInput } from '../../../src/settings/schema';
import { settingsOf } from '../../support/settings';

type BackendInput = NonNullable<SettingsInput['backends']>[number];

/** Where a name goes: `backend model`, or the provider that is missing. */
function where(name: string, backends: BackendInput[], lists: Record<string, string[]> = {}, more: SettingsInput = {}) {
  const settings = settingsOf({ ...more, backends });
  const table = createRouteTable(settings, buildBackends(settings), { lists: new Map(Object.entries(lists)) });
  const found = table.resolve(name);
  if ('notFound' in found) return `missing ${found.missing}`;
  return `${found.backend.name} ${found.upstreamModel}`;
}

const openai: BackendInput = { name: 'openai', preset: 'openai', default: true };
const router: BackendInput = { name: 'openrouter', preset: 'openrouter', default: true };
const relay: BackendInput = { name: 'relay', baseUrl: 'https://relay.example', default: true };

describe('a prefix that names a provider which is no backend', () => {
  const rows: [string, string, BackendInput[], Record<string, string[]>, string][] = [
    ['a default of one maker is not asked', 'ollama/llama', [openai], {}, 'missing ollama'],
    ['nor under a decoration of Cursor', 'groq/llama-high', [openai], {}, 'missing groq'],
    ['its list holds the whole name', 'groq/llama', [openai], { openai: ['groq/llama'] }, 'openai groq/llama'],
    ['a word that is no provider', 'ft/llama', [openai], {}, 'openai ft/llama'],
    ['a prefix alone', 'groq/', [openai], {}, 'openai groq/'],
    ['an aggregator whose list is not known', 'openai/gpt-9', [router], {}, 'openrouter openai/gpt-9'],
    [
      'an aggregator that lists it',
      'openai/gpt-9',
      [router],
      { openrouter: ['openai/gpt-9'] },
      'openrouter openai/gpt-9',
    ],
    ['a variant of that maker', 'openai/a:nitro', [router], { openrouter: ['openai/a'] }, 'openrouter openai/a:nitro'],
    ['an aggregator that lists none of it', 'ollama/x', [router], { openrouter: ['openai/a'] }, 'missing ollama'],
    ['a relay', 'openai/gpt-9', [relay], {}, 'relay openai/gpt-9'],
    ['a relay that behaves as OpenAI', 'groq/x', [{ ...openai, baseUrl: 'https://r.example' }], {}, 'openai groq/x'],
    ['a server of one’s own', 'openai/gpt-oss', [{ name: 'v', preset: 'vllm', default: true }], {}, 'v openai/gpt-oss'],
    ['Groq itself', 'openai/gpt-oss', [{ name: 'g', preset: 'groq', default: true }], {}, 'g openai/gpt-oss'],
    ['the provider under another prefix', 'openai/x', [{ ...openai, name: 'work' }], {}, 'work openai/x'],
  ];
  for (const [what, name, backends, lists, expected] of rows) {
    it(`${what}: ${name} → ${expected}`, () => assert.equal(where(name, backends, lists), expected));
  }
  it('goes to fallbackModel where there is one', () => {
    assert.equal(where('ollama/x', [openai], {}, { fallbackModel: 'gpt-4o' }), 'openai gpt-4o');
  });
  it('is named without any default too', () => {
    assert.equal(where('groq/x', [{ ...openai, default: false }]), 'missing groq');
    assert.equal(where('x', [{ ...openai, default: false }]), 'missing undefined');
    const groq: BackendInput = { name: 'fast', preset: 'groq' };
    assert.equal(where('groq/x', [{ ...openai, default: false }, groq]), 'missing undefined');
  });
});

describe('a name that the list of a backend has whole', () => {
  const bare: BackendInput = { name: 'openrouter', preset: 'openrouter' };
  it('goes out whole: openrouter/auto', () => {
    assert.equal(where('openrouter/auto', [bare]), 'openrouter openrouter/auto');
    assert.equal(where('openrouter/openrouter/auto', [bare]), 'openrouter openrouter/auto');
    assert.equal(where('openrouter/openai/gpt-9', [bare]), 'openrouter openai/gpt-9');
  });
  it('whatever the backend is', () => {
    const lab: BackendInput = { name: 'lab', baseUrl: 'http://127.0.0.1:9' };
    assert.equal(where('lab/m', [lab]), 'lab m');
    assert.equal(where('lab/m', [lab], { lab: ['lab/m'] }), 'lab lab/m');
    assert.equal(where('lab/m', [lab], { lab: ['lab/m', 'm'] }), 'lab m');
  });
});
