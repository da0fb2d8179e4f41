import assert from 'node:assert/strict';
import { validateSettings } from '../../../src/settings/check';

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
});
