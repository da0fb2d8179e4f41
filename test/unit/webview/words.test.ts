import assert from 'node:assert/strict';
import { count, dollars, duration, eachOnce, legendOf, many, shortDay } from '../../../src/webview/words';

describe('words of the dashboard', () => {
  it('are short and exact enough', () => {
    assert.deepEqual([0, 0.0004, 0.25, 12.345].map(dollars), ['$0.00', '$0.0004', '$0.25', '$12.35']);
    assert.deepEqual([0, 999.6, 1_000, 61_250].map(duration), ['0 ms', '1000 ms', '1.0 s', '61.3 s']);
    assert.deepEqual([0, 12_345, 2_640_000].map(count), ['0', '12,345', '2.6 M']);
    assert.deepEqual([many(1, 'token'), many(2, 'token')], ['1 token', '2 tokens']);
    assert.deepEqual([shortDay('2026-11-05'), shortDay('(none)')], ['5 Nov', '(none)']);
  });

  it('the axis of a chart shows each minute once', () => {
    assert.deepEqual(eachOnce(['14:05', '14:05', '14:06', '14:06', '14:07']), ['14:05', '', '14:06', '', '14:07']);
    assert.deepEqual(eachOnce([]), []);
  });

  it('the legend of the time line has each state once', () => {
    const steps = ['starting', 'online', 'starting', 'online', 'off'].map((words, at) => ({ words, at }));
    assert.deepEqual(
      legendOf(steps).map(({ words, at }) => [words, at]),
      [
        ['starting', 0],
        ['online', 1],
        ['off', 4],
      ],
    );
  });
});
