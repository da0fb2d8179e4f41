import assert from 'node:assert/strict';
import { costOf, modelFacts, PRICE_SOURCE, priceOf } from '../../../src/ledger/prices';

const openai = { preset: 'openai' };
const anthropic = { preset: 'anthropic' };

describe('prices', () => {
  it('states where the table comes from', () => {
    assert.match(PRICE_SOURCE.source, /pi-ai 1\.5\.2/);
    assert.match(PRICE_SOURCE.date, /^\d{4}-\d\d-\d\d$/);
    assert.match(PRICE_SOURCE.license, /MIT/);
  });

  it('charges input and output', () => {
    // 1,000 × 2.5 + 200 × 10 = 2,500 + 2,000 millionths
    assert.equal(costOf({ input: 1_000, output: 200 }, priceOf(openai, 'gpt-4o')), 0.0045);
  });

  it('charges cache reads at their own rate, inside input', () => {
    // 400 × 2.5 + 600 × 1.25 + 100 × 10 = 1,000 + 750 + 1,000
    assert.equal(costOf({ input: 1_000, cacheRead: 600, output: 100 }, priceOf(openai, 'gpt-4o')), 0.00275);
  });

  it('charges cache writes at their own rate, inside input', () => {
    // Sonnet 4.5: 100 × 3 + 500 × 0.3 + 400 × 3.75 + 50 × 15 = 300 + 150 + 1,500 + 750
    const usage = { input: 1_000, cacheRead: 500, cacheWrite: 400, output: 50 };
    assert.equal(costOf(usage, priceOf(anthropic, 'claude-sonnet-4-5')), 0.0027);
  });

  it('does not charge reasoning tokens twice: they are output', () => {
    const price = priceOf(openai, 'o3');
    assert.equal(costOf({ input: 0, output: 500, reasoning: 400 }, price), costOf({ input: 0, output: 500 }, price));
    assert.equal(costOf({ input: 0, output: 500 }, price), 0.004);
  });

  it('charges the input rate for cached tokens whose price is unknown', () => {
    assert.equal(costOf({ input: 100, cacheRead: 50, cacheWrite: 50, output: 0 }, { input: 2, output: 4 }), 0.0002);
  });

  it('charges the whole request at the long-context tier, beyond its border only', () => {
    // gpt-5.4: 2.5 / 15 up to 272,000 input tokens, 5 / 22.5 above.
    const price = priceOf(openai, 'gpt-5.4');
    assert.equal(costOf({ input: 272_000, output: 1_000 }, price), 0.695);
    assert.equal(costOf({ input: 272_001, output: 1_000 }, price), 1.382505);
    assert.equal(costOf({ input: 300_000, cacheRead: 100_000, output: 0 }, price), 1.05);
  });

  it('takes the highest tier that applies, in whatever order they stand', () => {
    const price = {
      input: 1,
      output: 0,
      tiers: [
        { above: 200, input: 3, output: 0 },
        { above: 100, input: 2, output: 0 },
      ],
    };
    assert.equal(costOf({ input: 150, output: 0 }, price), 0.0003);
    assert.equal(costOf({ input: 250, output: 0 }, price), 0.00075);
  });

  it('never charges less than nothing for counts that contradict each other', () => {
    assert.equal(
      costOf(
        { input: 10, cacheRead: 50, cacheWrite: 50, output: 0 },
        { input: 1, output: 1, cacheRead: 1, cacheWrite: 1 },
      ),
      0.00001,
    );
  });

  it('costs nothing on a local server and on the demo model', () => {
    assert.equal(costOf({ input: 1e6, output: 1e6 }, priceOf({ preset: 'ollama' }, 'llama3')), 0);
    assert.equal(costOf({ input: 1e6, output: 1e6 }, priceOf({ preset: 'demo' }, 'echo')), 0);
  });

  it('a paid preset behind an address of this machine is priced, an address alone is not free', () => {
    const here = 'http://127.0.0.1:4000/v1';
    assert.deepEqual(priceOf({ preset: 'openai', baseUrl: here }, 'gpt-4o'), priceOf(openai, 'gpt-4o'));
    assert.equal(priceOf({ preset: 'litellm', baseUrl: here }, 'gpt-4o'), undefined);
    assert.equal(priceOf({ baseUrl: here }, 'gpt-4o'), undefined);
    assert.equal(priceOf({ baseUrl: here }, 'gpt-4o', { input: 0, output: 0 })?.input, 0);
    for (const preset of ['ollama', 'lmstudio', 'llamacpp', 'vllm', 'localai'])
      assert.equal(priceOf({ preset, baseUrl: here }, 'x')?.output, 0);
  });

  it('prefers the price of the user, also on a local server', () => {
    assert.deepEqual(priceOf(openai, 'gpt-4o', { input: 1, output: 2 }), { input: 1, output: 2 });
    assert.equal(
      costOf({ input: 1e6, output: 0 }, priceOf({ preset: 'ollama' }, 'llama3', { input: 1, output: 2 })),
      1,
    );
  });

  it('knows no price rather than a wrong one', () => {
    assert.equal(priceOf(openai, 'gpt-99'), undefined);
    assert.equal(priceOf({ preset: 'litellm' }, 'gpt-4o'), undefined);
    assert.equal(priceOf({}, 'gpt-4o'), undefined);
    assert.equal(priceOf({ preset: 'openrouter' }, 'auto'), undefined);
    assert.equal(priceOf(openai, 'constructor'), undefined);
    assert.equal(costOf({ input: 1, output: 1 }, undefined), undefined);
  });

  it('finds dated, prefixed and differently cased spellings', () => {
    const flash = priceOf({ preset: 'gemini' }, 'gemini-2.5-flash');
    assert.ok(flash);
    assert.deepEqual(priceOf({ preset: 'gemini' }, 'models/gemini-2.5-flash'), flash);
    assert.deepEqual(priceOf(anthropic, 'claude-opus-5-20260101'), priceOf(anthropic, 'claude-opus-5'));
    assert.notDeepEqual(priceOf(openai, 'gpt-4o-2024-05-13'), priceOf(openai, 'gpt-4o'));
  });

  it('knows a backend without a preset by its host', () => {
    assert.deepEqual(priceOf({ baseUrl: 'https://api.openai.com/v1' }, 'gpt-4o'), priceOf(openai, 'gpt-4o'));
    assert.equal(priceOf({ baseUrl: 'https://api.openai.com.evil.test/v1' }, 'gpt-4o'), undefined);
  });

  it('knows windows and output limits', () => {
    assert.deepEqual(modelFacts(openai, 'gpt-4o').contextWindow, 128_000);
    assert.deepEqual(modelFacts(openai, 'gpt-4o').maxOutput, 16_384);
    assert.deepEqual(modelFacts(openai, 'nothing'), {});
  });
});
