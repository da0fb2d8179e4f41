import assert from 'node:assert/strict';
import { clientKeyDoubts } from '../../../src/process/clientKeyDoubts';
import { settingsSchema } from '../../../src/settings/schema';

describe('client keys of variables', () => {
  const LONG = 'k'.repeat(32);
  const doubts = (env: Record<string, string>, main = `${LONG}-main`) => {
    const clientKeys = [
      { name: 'phone', apiKeyEnv: 'PHONE_KEY' },
      { name: 'tablet', apiKeyEnv: 'TABLET_KEY' },
      { name: 'stored' },
    ];
    return clientKeyDoubts(settingsSchema.parse({ clientKeys }), env, main);
  };
  it('a key that is the same as another one is told, since its own limits never count', () => {
    assert.deepEqual(doubts({ PHONE_KEY: LONG, TABLET_KEY: `${LONG}-main\n` }), [
      'The client key tablet is the same as the main key, so its own limits never count. Give it another one.',
    ]);
    assert.deepEqual(doubts({ PHONE_KEY: LONG, TABLET_KEY: LONG }), [
      'The client key tablet is the same as the client key phone, so its own limits never count. Give it another one.',
    ]);
    assert.deepEqual(doubts({ PHONE_KEY: LONG, TABLET_KEY: `${LONG}-other` }), []);
  });
  it('a key that can be guessed is told, whichever it is', () => {
    assert.match(doubts({}, 'short').join('\n'), /^The client key is short\. .*32 characters/);
    assert.match(doubts({ TABLET_KEY: 'short' }).join('\n'), /^The client key tablet is short\./);
    assert.deepEqual(doubts({}), []);
  });
});
