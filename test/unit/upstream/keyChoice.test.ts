import assert from 'node:assert/strict';
import { createKeyChoice } from '../../../src/upstream/keyChoice';

const places = [{ keyName: 'a' }, { keyName: 'b' }];

describe('the key that is asked first', () => {
  let now: number;
  beforeEach(() => {
    now = 0;
  });
  const make = () => createKeyChoice(() => now);
  const first = (choice: ReturnType<typeof make>, conversation: string) =>
    choice.first('up', places, conversation)?.keyName;

  it('is not the one that served the conversation while that is set aside, and is it again once it served', () => {
    const choice = make();
    choice.served('up', 'b', 'one');
    assert.deepEqual([first(choice, 'one'), first(choice, 'two')], ['b', 'a']);
    choice.refused('up', 'b');
    assert.equal(first(choice, 'one'), 'a');
    choice.refused('up', 'a');
    choice.served('up', 'a', 'three');
    assert.equal(first(choice, 'two'), 'a');
    now += 300_000;
    assert.equal(first(choice, 'one'), 'b');
  });

  it('is remembered for two thousand conversations, those that were heard of last', () => {
    const choice = make();
    choice.served('up', 'b', 'old');
    choice.served('up', 'b', 'kept');
    for (let n = 0; n < 1_998; n += 1) choice.served('up', 'b', `c${n}`);
    choice.served('up', 'b', 'kept');
    choice.served('up', 'b', 'new');
    assert.deepEqual([first(choice, 'old'), first(choice, 'kept'), first(choice, 'c0')], ['a', 'b', 'b']);
  });
});
