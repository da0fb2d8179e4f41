import assert from 'node:assert/strict';
import { usagePage } from '../../../src/ledger/usagePage';

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

  it('takes names from outside as text', () => {
    const page = usagePage([{ ...row, group: 'x|[y](command:z)\n# <b>' }], 'model', { from: '', to: '' });
    assert.ok(page.includes('| x\\|\\[y\\](command:z) \\# \\<b\\> | 1,200'), page);
    assert.match(usagePage([], 'day', { from: '', to: '' }), /No requests/);
  });
});
