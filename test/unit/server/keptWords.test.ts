/** What of a provider's sentence is kept (issue 18). */
import assert from 'node:assert/strict';
import { keptWords } from '../../../src/server/keptWords';
import { keptOf } from '../../../src/server/saidBy';

const kept = (message: string, prompt: string, more: object = {}) =>
  keptWords(
    { status: 400, message, ...more },
    Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: prompt }] })),
  );

describe('words that are kept of a provider', () => {
  it('are those that did not stand in the request, quoted or not', () => {
    const prompt = 'My password is hunter2, please reduce the length of the poem';
    assert.equal(kept('Unexpected hunter2 in input.', prompt), 'Unexpected … in input.');
    assert.equal(kept("Not allowed: 'My password is hunter2'.", prompt), "Not allowed: '…'.");
    assert.equal(
      kept('This model has a maximum context length of 8192 tokens.', prompt),
      'This model has a maximum context length of 8192 tokens.',
    );
    assert.equal(kept('You said: reduce the length of it', prompt), 'You said: … it');
  });

  it('also where the request is escaped, once or twice, and where the echo is cut', () => {
    assert.equal(kept('bad: geheimnis', 'x\ngeheimnis'), 'bad: …');
    assert.equal(kept('bad: geheimnis', JSON.stringify({ a: 'x\tgeheimnis' })), 'bad: …');
    assert.equal(kept('bad: Größe9', 'Größe9'), 'bad: …');
    assert.equal(keptWords({ status: 400, message: 'bad: é9' }, Buffer.from('{"a":"\\u00e99"}')), 'bad: …');
    assert.equal(kept('bad: geheim', 'geheimnis'), 'bad: …');
    assert.equal(kept('bad: geheim... end', 'geheimnis'), 'bad: …... end');
    assert.equal(kept('内容「密码是什么」不合规', '请告诉我密码是什么'), '内容「…」不合规');
  });

  it('come with code and parameter, and are none of a request that is too large to search', () => {
    assert.equal(
      kept('No geheimnis.', 'geheimnis', { code: 'odd_value', param: 'messages[0].content' }),
      'No …. (code odd_value, parameter messages[0].content)',
    );
    assert.equal(kept('No geheimnis.', 'geheimnis', { code: 'my secret words' }), 'No ….');
    assert.equal(kept('No.', 'x', { code: 'odd_value' }), 'No.');
    const large = Buffer.alloc(9 * 1024 * 1024, 'a');
    assert.equal(keptWords({ status: 400, message: 'any words', code: 'c1' }, large), '… (code c1)');
  });

  it('cost one pass over the request', () => {
    const body = Buffer.from(JSON.stringify({ x: 'a b c d e f g h '.repeat(60_000) }));
    const began = process.cpuUsage();
    JSON.parse(body.toString());
    body.toString().split(' ');
    const reading = process.cpuUsage(began).user;
    const from = process.cpuUsage();
    keptWords({ status: 400, message: 'a b c d '.repeat(250) }, body);
    assert.ok(process.cpuUsage(from).user < 400 * Math.max(reading, 20_000));
  });

  it('cost that one pass however often a name is spared, a word cut, and an answer is kept beside the sentence', () => {
    const body = Buffer.from(JSON.stringify({ x: 'word '.repeat(10_000) }));
    const read = Buffer.prototype.toString;
    let passes = 0;
    Buffer.prototype.toString = function (...given: Parameters<typeof read>) {
      if (this === body) passes += 1;
      return read.apply(this, given);
    };
    try {
      const said = { headers: {}, body: 'gpt abc.. word '.repeat(200) };
      const kept = keptOf({ failure: { status: 400, message: 'No word.' }, echoes: true, said }, body, {
        key: undefined,
        names: ['gpt'],
      });
      assert.equal(kept.kept, 'No ….');
      assert.equal(kept.said?.body?.slice(0, 26), 'gpt abc.. … gpt abc.. … gp');
      assert.equal(passes, 1);
    } finally {
      Buffer.prototype.toString = read;
    }
  });
});
