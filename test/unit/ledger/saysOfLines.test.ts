/** Codes and values in the lines of the ledger: bounded like their sentences, and absent in old lines. */
import assert from 'node:assert/strict';
import { storyHere } from '../../../src/editor/views/documents';
import { requestLook } from '../../../src/editor/views/requestLook';
import { inWords } from '../../../src/editor/words';
import { boundedRecord, decodeLine, encodeLine } from '../../../src/ledger/lines';
import { requestStory, storyLines } from '../../../src/ledger/story';
import { catalogue } from '../../../src/said';
import { say as serverSay } from '../../../src/server/sentences';
import { requestRecord } from '../../support/ledgerRecords';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

const say = catalogue('test', {
  long: (a: string, b: string, list: readonly string[]) => `${a} ${b} ${list.join(' ')}`,
});

describe('codes and values of a record', () => {
  it('hold nothing that their sentence, cut for the file, does not', () => {
    const says = say.long('short', 'x'.repeat(5_000), ['y'.repeat(5_000)]);
    const attempt = { backend: 'a', model: 'm', at: 0, ms: 1, outcome: 'failed' as const, reason: says.text, says };
    const kept = boundedRecord(requestRecord({ error: says.text, says, attempts: [attempt] }));
    assert.deepEqual(kept.says, { code: 'test.long', values: ['short', '…', ['…']], text: kept.error });
    assert.equal(kept.attempts[0]!.says?.text, kept.attempts[0]!.reason);
    assert.ok(encodeLine(kept).length < 8_000);
  });

  it('of what was changed are bounded, too, and found again by their English', async () => {
    const told = Array.from({ length: 70 }, (_, at) => serverSay.dropped(`${at}`.padStart(300, 'x')));
    const kept = boundedRecord(requestRecord({ rules: told.map(({ text }) => text), told }));
    assert.deepEqual(
      kept.told!.map(({ text }) => text),
      kept.rules,
    );
    assert.deepEqual(kept.told!.length, 60);
    assert.deepEqual(kept.told![0]!.values, ['…']);
    await inLanguage(JAPANESE, () => assert.match(storyLines(kept).map(inWords).join('\n'), /… を除きました; … を/));
  });

  it('a list of values has an end', () => {
    const says = say.long('a', 'b', new Array(10_000).fill('c'));
    const kept = boundedRecord(requestRecord({ error: says.text, says }));
    assert.ok(JSON.stringify(kept.says!.values).length < 300);
  });

  it('are not there in lines of an older router, which stay readable', () => {
    const [old] = decodeLine(encodeLine(requestRecord({ status: 500, error: 'Something of long ago.' }))).records;
    assert.ok(requestLook(old!).lines.includes('Something of long ago.'));
  });
});

describe('the story of a request, line by line', () => {
  const why = say.long('<b>', '_x_', ['|']);
  const record = requestRecord({
    client: 'cursor',
    dialect: 'B',
    via: 'alias',
    status: 502,
    upstreamStatus: 500,
    rules: ['N30', 'a *note*'],
    error: serverSay.emptyBody('a*b').text,
    says: serverSay.emptyBody('a*b'),
    attempts: [
      { backend: 'a', model: 'm', at: 2, ms: 40, status: 429, outcome: 'fellBack', reason: why.text, says: why },
      { backend: 'a', model: 'm', at: 45, ms: 9, outcome: 'ok', keyName: 'second' },
    ],
    usage: { input: 12_345, output: 100, cacheRead: 10_000, cacheWrite: 5, estimated: true },
    toolCalls: [{ name: 'edit', length: 1_234, parsed: true }],
    kind: 'images',
    conversation: 'abc',
    saved: 1,
  });
  const telling = overThePipe({ story: requestStory(record), lines: storyLines(record), curl: '', model: 'm' });

  it('is in English what it is as a whole', () => {
    assert.equal(storyHere(telling), telling.story);
    assert.equal(storyHere({ ...telling, lines: undefined }), telling.story, 'of an older router');
  });

  it('is told in the language of the editor, reasons and rules in it; nothing in it becomes markup', async () => {
    await inLanguage({ ...JAPANESE, 'test.long': 'イ {0} {1} {2}' }, () => {
      const story = storyHere(telling);
      for (const part of [
        /^# リクエスト req_/,
        /状態 502 で失敗しました \(プロバイダーの応答は 500\)/,
        /\na\\\*b が空の本文を返しました。/,
        /- Cursor \(OpenAI の Responses 形式\) \(`chat\/completions`、ストリーム\)/,
        /出力の上限を、モデルが受け付ける値まで上げました; a \\\*note\\\*/,
        /1\. 2 ms 後: `a\/m` 失敗し、次のモデルへ \(40 ms、HTTP 429\): イ \\<b\\> \\_x\\_ \\\|/,
        /2\. 45 ms 後: `a\/m` \(キー `second`\) 応答 \(9 ms\)\n/,
        /12,345 トークン \(キャッシュから 10,000, キャッシュへ 5\)/,
      ])
        assert.match(story, part);
      const english = story.split('\n').filter((line) => /[a-z]{4} [a-z]{3}/.test(line));
      assert.deepEqual(english, []);
    });
  });
});
