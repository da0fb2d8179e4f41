/** What a client key with limits may say (issue 18). */
import assert from 'node:assert/strict';
import { readClientRequest } from '../../../src/server/clientRequest';
import { limitedRequest, writtenLimits } from '../../../src/server/limitedRequest';
import { RequestProblem } from '../../../src/wires/codec';

const limited = (body: object | string) =>
  limitedRequest(readClientRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))));

describe('requests of a key with limits', () => {
  it('routing fields are dropped, in any letters', () => {
    const { bytes } = limited({
      model: 'a',
      fallbacks: ['b'],
      MODELS: ['b'],
      route: 'fallback',
      mock_testing_fallbacks: true,
      user: 'u',
    });
    assert.deepEqual(JSON.parse(bytes.toString()), { model: 'a', user: 'u' });
  });

  it('twins of a guarded key are refused, letters that Go folds included', () => {
    for (const twin of ['MODEL', 'Model', 'Max_Tokens', '\u017ftream', 'N'])
      assert.throws(() => limited({ model: 'a', [twin]: 'b' }), RequestProblem, twin);
  });

  it('the largest written output limit is reserved, and it alone is sent', () => {
    const names = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];
    for (const big of names) {
      const request = limited({
        model: 'a',
        ...Object.fromEntries(names.map((name) => [name, name === big ? 20_000 : 1])),
      });
      assert.deepEqual(JSON.parse(request.bytes.toString()), { model: 'a', [big]: 20_000 });
      assert.equal(writtenLimits(request).maxOutputTokens, 20_000);
    }
    assert.equal(
      limited('{"model":"a","max_tokens":1,"max_tokens":"9000","max_tokens":3}').bytes.toString(),
      '{"model":"a","max_tokens":"9000"}',
    );
  });

  it('every answer asked for counts', () => {
    assert.equal(writtenLimits(limited({ n: 8 })).answers, 8);
    assert.equal(writtenLimits(limited({ n: 2, best_of: 5 })).answers, 5);
    assert.deepEqual(writtenLimits(limited({ n: -4, max_tokens: null })), { answers: 1 });
  });

  it('background and dearer tiers are refused', () => {
    for (const body of [{ background: true }, { service_tier: 'priority' }, { speed: 'fast' }])
      assert.throws(() => limited(body), RequestProblem);
    limited({ background: false, service_tier: 'auto' });
  });

  it('an ordinary request keeps its bytes', () => {
    const text = '{ "model": "a", "max_tokens": 5 }';
    assert.equal(limited(text).bytes.toString(), text);
  });
});
