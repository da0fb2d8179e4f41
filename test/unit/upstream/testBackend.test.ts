import assert from 'node:assert/strict';
import { likelyChatModel } from '../../../src/upstream/testBackend';

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
