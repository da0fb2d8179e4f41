import assert from 'node:assert/strict';
import { inWords } from '../../../src/editor/words';
import { validateSettings } from '../../../src/settings/check';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const saidOf = (settings: unknown) =>
  validateSettings(settings).problems.map(({ says, message }) => ({ says, message }));

describe('what is wrong with settings, as codes', () => {
  for (const [settings, code, values] of [
    [{ backends: [{ name: 'a', preset: 'openai', baseUrl: 'https://u:p@host/v1' }] }, 'settings.urlWithPassword', []],
    [{ tunnel: { provider: 'custom' } }, 'settings.tunnelNeeds', ['custom']],
    [{ port: 'x' }, 'settings.wrongType', ['port', 'a number', 'a text']],
    [{ prot: 1 }, 'settings.unknownSetting', ['prot', undefined, 'port']],
    [{ aliases: { a: 'b', b: 'a' } }, 'settings.aliasLoop', [['a', 'b', 'a']]],
  ] as const) {
    it(`${code} travels beside its sentence`, () => {
      const [first] = saidOf(settings);
      assert.deepEqual(first?.says, { code, values, text: first?.message });
    });
  }

  it('what looks like a key is in no value', () => {
    const key = `sk-${'a1B2'.repeat(10)}`;
    const told = JSON.stringify(
      saidOf({ fallbackModel: key, backends: [{ name: 'a', preset: 'demo', apiKeyEnv: key }] }),
    );
    assert.ok(told.includes('settings.') && !told.includes(key), told);
  });

  it('is told in the language of the editor, forms of values and what is left out included', async () => {
    const settings = { backends: [{ name: 'a', preset: 'demo', modells: [] }], port: 'x', prot: 1, fallbackModel: 3 };
    const [found, others] = [saidOf(settings), saidOf({ fallbackModel: `sk-${'a1B2'.repeat(10)}` })];
    await inLanguage(JAPANESE, () => {
      const told = [...found, ...others].map(({ says, message }) => inWords(overThePipe(says ?? message)));
      assert.ok(told.length >= 5);
      for (const text of told) {
        assert.match(text, /[ぁ-ん]/);
        assert.ok(!/\ba number|\ba text|An entry|looks like|[[\]{}]/.test(text), text);
      }
    });
  });
});
