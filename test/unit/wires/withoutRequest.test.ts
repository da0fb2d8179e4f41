import assert from 'node:assert/strict';
import { withoutRequest } from '../../../src/wires/withoutRequest';

const request = JSON.stringify({
  model: 'gpt-4o-mini',
  messages: [
    { role: 'user', content: 'The recipe of grandma:\n"two eggs" and a pinch of salt' },
    { role: 'user', content: 'hunter2' },
  ],
});

describe('withoutRequest', () => {
  for (const [what, said, kept] of [
    ['a quoted prompt', 'Invalid input: "The recipe of grandma: two eggs and"', 'Invalid input: "…"'],
    ['a prompt that is not quoted', 'Flagged: grandma two eggs and a pinch of salt (code 3)', 'Flagged: … (code 3)'],
    [
      'a prompt within escaped JSON',
      '{"m":"got {\\"content\\":\\"The recipe of grandma:\\\\n\\"}"}',
      '{"m":"got {"…: "}"}',
    ],
    ['a quoted prompt of one word', "The text 'hunter2' is refused.", "The text '…' is refused."],
    [
      'names of fields and roles',
      'Unknown field "messages" for role "user".',
      'Unknown field "messages" for role "user".',
    ],
    ['the name of the model', 'The model gpt-4o-mini is gone.', 'The model gpt-4o-mini is gone.'],
    ['words of its own', 'You have sent too many tokens.', 'You have sent too many tokens.'],
  ] as const)
    it(what, () => assert.equal(withoutRequest(said, request, ['gpt-4o-mini']), kept));

  it('a request that repeats itself is one pass', () => {
    const long = 'a b c '.repeat(700);
    assert.equal(withoutRequest(long, JSON.stringify({ content: 'a b c '.repeat(100_000) })), '… ');
  });
});
