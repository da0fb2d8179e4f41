import assert from 'node:assert/strict';
import { keptOf } from '../../../src/server/saidBy';

const request = Buffer.from(
  JSON.stringify({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'user', content: 'The recipe of grandma:\n"two eggs" and a pinch of salt' },
      { role: 'user', content: 'hunter2' },
    ],
  }),
);
const kept = (body: string): string | undefined =>
  keptOf({ failure: { status: 400, message: 'x' }, echoes: false, said: { headers: {}, body } }, request, {
    key: 'sk-provider-key-1',
    names: ['gpt-4o-mini'],
  }).said?.body;

describe('what a provider said, as it is kept', () => {
  for (const [what, said, expected] of [
    ['without a quoted prompt', 'Invalid input: "The recipe of grandma: two eggs and"', 'Invalid input: "…"'],
    [
      'without a prompt that is not quoted',
      'Flagged: grandma two eggs and a pinch of salt (code 3)',
      'Flagged: … (code 3)',
    ],
    ['without a quoted prompt of one word', "The text 'hunter2' is refused.", "The text '…' is refused."],
    [
      'with names of fields and roles',
      'Unknown field "messages" for role "user".',
      'Unknown field "messages" for role "user".',
    ],
    ['with the name of the model', 'The model gpt-4o-mini is gone.', 'The model gpt-4o-mini is gone.'],
    ['with words of its own', 'You have sent too many tokens.', 'You have sent too many tokens.'],
    ['without the key', 'Key sk-provider-key-1 is wrong.', 'Key [hidden] is wrong.'],
  ] as const)
    it(what, () => assert.equal(kept(said), expected));

  it('without a prompt within escaped JSON', () => {
    const body = kept('{"m":"got {\\"content\\":\\"The recipe of grandma:\\\\n\\"}"}') ?? '';
    assert.ok(!/recipe|grandma/.test(body), body);
  });
});
