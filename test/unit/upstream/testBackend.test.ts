import assert from 'node:assert/strict';
import { here, inWords } from '../../../src/editor/words';
import { spoken } from '../../../src/said';
import { networkSaid } from '../../../src/upstream/networkErrors';
import { say } from '../../../src/upstream/sentences';
import { likelyChatModel, type TestResult } from '../../../src/upstream/testBackend';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const failure = (code: string, more: object = {}) => Object.assign(new Error(code), { code, ...more });

describe('why a provider is not reached, as a code', () => {
  for (const [error, code, english] of [
    [failure('ECONNREFUSED'), 'refused', 'Acme refused the connection. Is the server running, and is the port right?'],
    [failure('HPE_CR_EXPECTED'), 'brokenHttp', 'Acme sent broken HTTP. (HPE_CR_EXPECTED)'],
    [failure('HPE_INVALID_HEADER_TOKEN'), 'brokenHttp', 'Acme sent broken HTTP.'],
    [failure('EWHAT'), 'unreached', 'Acme could not be reached. (EWHAT)'],
    [new Error('none'), 'unreached', 'Acme could not be reached.'],
    [
      failure('ECONNREFUSED', { proxy: 'http://p:1' }),
      'throughProxy',
      'Acme could not be reached: the proxy http://p:1 refused the connection. Is the server running, and is the port right? Check http.proxy and HTTPS_PROXY.',
    ],
    [
      failure('EWHAT', { proxy: 'http://p:1' }),
      'throughProxy',
      'Acme could not be reached: the proxy http://p:1 failed (EWHAT). Check http.proxy and HTTPS_PROXY.',
    ],
  ] as const) {
    it(`${code}: ${english}`, async () => {
      const said = networkSaid(error, 'Acme', false);
      assert.equal(said.code, `upstream.${code}`);
      assert.equal(networkSaid(error, 'Acme', false).text, english);
      await inLanguage(JAPANESE, () => {
        const told = inWords(overThePipe(said));
        assert.ok(told.includes('Acme') && !/[{[]|could|sent|proxy h/.test(told), told);
      });
    });
  }

  it('the result of a test is shown in the language of the editor, the words of a provider as they are', async () => {
    const result = { ok: false, ...spoken({ message: say.keyRefused('acme', 'No such key.') }), models: [], ms: 1 };
    const older: TestResult = { ok: false, message: 'It is broken.', models: [], ms: 1 };
    await inLanguage(JAPANESE, () => {
      assert.equal(here(overThePipe(result)).message, 'acme がキーを拒否しました: No such key.');
      assert.equal(here(older).message, 'It is broken.');
    });
  });
});

describe('the model that a backend test asks', () => {
  const LISTS: [string[], string | undefined][] = [
    [['gpt-5.5-pro', 'sora-2', 'gpt-5.5', 'gpt-5-mini', 'text-embedding-3-small'], 'gpt-5-mini'],
    [['sora-2', 'gpt-5.5-pro', 'o3-deep-research', 'gpt-5.5'], 'gpt-5.5'],
    [['claude-opus-5', 'claude-sonnet-5', 'claude-haiku-4-5'], 'claude-haiku-4-5'],
    [['gemini-3.5-pro', 'veo-3', 'gemini-3.5-flash-image', 'gemini-3.5-flash'], 'gemini-3.5-flash'],
    [['MiniMax-M2', 'kimi-k2.6'], 'MiniMax-M2'],
    [['nomic-embed-text', 'llama3.3:70b'], 'llama3.3:70b'],
    [['gpt-5.5-pro'], 'gpt-5.5-pro'],
    [[], undefined],
  ];
  for (const [models, expected] of LISTS) {
    it(`is ${expected} among ${models.join(', ') || 'none'} (15 §5)`, () => {
      assert.equal(likelyChatModel(models), expected);
    });
  }
});
