import assert from 'node:assert/strict';
import { usageHere } from '../../../src/editor/views/documents';
import { inWords } from '../../../src/editor/words';
import { usageLines, usagePage } from '../../../src/ledger/usagePage';
import { textOf } from '../../../src/said';
import { inLanguage, JAPANESE, overThePipe } from '../../support/otherLanguage';

describe('the usage page', () => {
  const row = { requests: 1_200, failed: 3, input: 5_000, cacheRead: 400, output: 60, cost: 1.5, unpriced: 0 };

  it('is a table with totals and what they leave out', () => {
    const page = usagePage(
      [
        { ...row, group: 'a' },
        { ...row, group: 'b', unpriced: 2, estimated: 1 },
      ],
      'model',
      {
        from: '2026-11-01',
        to: '2026-11-21',
      },
    );
    assert.ok(page.startsWith('# Usage by model\n\nFrom 2026-11-01 to 2026-11-21.\n\n| Model | Requests |'));
    assert.ok(page.includes('| a | 1,200 | 3 | 5,000 | 400 | 60 | $1.50 |'), page);
    assert.ok(page.includes('| **Total** | 2,400 | 6 | 10,000 | 800 | 120 | $3.00 \\* |'), page);
    assert.match(page, /Without 2 requests whose model has no known price/);
    assert.match(page, /Tokens of 1 request are estimates/);
  });

  it('is told line by line in the language of the editor', async () => {
    const rows = [
      { ...row, group: 'a', unpriced: 1, estimated: 2, firstMs: 400, saved: 0.5 },
      { ...row, group: '' },
    ];
    const lines = overThePipe(usageLines(rows, 'backend', { from: '', to: '' }));
    assert.equal(lines.map(textOf).join('\n'), usagePage(rows, 'backend', { from: '', to: '' }).trimEnd());
    await inLanguage(JAPANESE, () => {
      const page = lines.map(inWords).join('\n');
      assert.match(page, /^# バックエンド別の使用状況\n\n使用ログのすべて。\n\n\| バックエンド \| リクエスト \|/);
      assert.match(page, /\| a \| 1,200 \|/);
      assert.match(page, /\| \(なし\) \| 1,200 \|/);
      assert.match(page, /\| \*\*合計\*\* \| 2,400 \|/);
      assert.doesNotMatch(page, /[A-Za-z]{3}/, 'nothing is left in English');
    });
    const query = { by: 'backend', from: '', to: '' } as const;
    const router = { usageLines: async () => lines, usagePage: async () => 'An older page.' };
    assert.equal(await usageHere(router, query), usagePage(rows, 'backend', query));
    const older = { ...router, usageLines: () => Promise.reject(new Error('unknown')) };
    assert.equal(await usageHere(older, query), 'An older page.');
  });

  it('takes names from outside as text', () => {
    const page = usagePage([{ ...row, group: 'x|[y](command:z)\n# <b>' }], 'model', { from: '', to: '' });
    assert.ok(page.includes('| x\\|\\[y\\](command:z) \\# \\<b\\> | 1,200'), page);
    assert.match(usagePage([], 'day', { from: '', to: '' }), /No requests/);
  });
});
