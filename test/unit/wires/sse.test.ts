import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { createSseSplitter, type RawSseEvent, SSE_DONE, sseData } from '../../../src/wires/sse';

function split(chunks: Buffer[], maxEventBytes?: number) {
  const splitter = createSseSplitter(maxEventBytes === undefined ? {} : { maxEventBytes });
  const events: RawSseEvent[] = [];
  for (const chunk of chunks) events.push(...splitter.push(chunk));
  events.push(...splitter.finish());
  return { events, overflow: splitter.overflow };
}
const seen = (events: RawSseEvent[]) =>
  events.map(({ event, data, comment, raw }) => ({ event, data, comment, raw: raw.toString('latin1') }));
const dispatched = (events: RawSseEvent[]) =>
  events.filter((event) => !event.comment).map(({ event, data }) => ({ event, data }));

/** Cuts the bytes at the given places. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const marks = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...marks, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : marks[index - 1], end));
}

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const text = fc.string({ unit: 'grapheme' }).map((value) => value.replace(/[\r\n]/g, '·'));
const line = fc.oneof(
  text.map((value) => `data: ${value}`),
  text.map((value) => `data:${value}`),
  fc.constant('data'),
  text.map((value) => `: ${value}`),
  fc.constantFrom('event: message_start', 'event:', 'id: 7', 'retry: 1', 'unknown: x', 'dataset: no'),
);
const stream = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.tuple(fc.array(line, { maxLength: 4 }), lineEnd, lineEnd), { maxLength: 6 }),
    fc.boolean(),
  )
  .map(([mark, events, complete]) => {
    const body = events.map(([lines, end, last]) => lines.map((each) => each + end).join('') + last).join('');
    return Buffer.from((mark ? '\uFEFF' : '') + (complete ? body : body.slice(0, -1)));
  });

describe('sse: splitting', () => {
  it('gives raw bytes, event names and data', () => {
    const source = 'event: a\ndata: {"x":1}\n\n: ping\n\ndata: one\ndata:two\nid: 3\n\ndata: [DONE]\n\n';
    const { events } = split([Buffer.from(source)]);
    assert.deepEqual(
      events.map((event) => [event.event, event.data, event.comment]),
      [
        ['a', '{"x":1}', false],
        [undefined, '', true],
        [undefined, 'one\ntwo', false],
        [undefined, '[DONE]', false],
      ],
    );
    assert.equal(Buffer.concat(events.map((event) => event.raw)).toString(), source);
    assert.equal(events[0]!.raw.toString(), 'event: a\ndata: {"x":1}\n\n');
  });

  it('gives the same events and bytes however the stream is cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), (bytes, places) => {
        const whole = split([bytes]).events;
        assert.equal(Buffer.concat(whole.map((event) => event.raw)).toString('latin1'), bytes.toString('latin1'));
        assert.deepEqual(seen(split(cut(bytes, places)).events), seen(whole));
        assert.deepEqual(seen(split([...bytes].map((byte) => Buffer.from([byte]))).events), seen(whole));
      }),
      { numRuns: 400 },
    );
  });

  it('reads what the standard says, for every kind of line end', () => {
    const source = '\uFEFFdata: é€😀\nevent: x\n\n:c\n\ndata\n\nevent: only\n\ndata:  two spaces\n\n';
    const expected = [
      { event: 'x', data: 'é€😀' },
      { event: undefined, data: '' },
      { event: undefined, data: ' two spaces' },
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      const bytes = Buffer.from(source.replaceAll('\n', end));
      for (let at = 0; at <= bytes.length; at++) {
        assert.deepEqual(dispatched(split([bytes.subarray(0, at), bytes.subarray(at)]).events), expected);
      }
    }
  });

  it('gives an event out as soon as its blank line is there', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const splitter = createSseSplitter();
      assert.equal(splitter.push(Buffer.from(`data: a${end}${end}`)).length, 1, JSON.stringify(end));
      assert.equal(splitter.push(Buffer.from(`data: b${end}`)).length, 0);
      assert.equal(splitter.push(Buffer.from(end)).length, 1);
    }
  });

  it('keeps a last event without its blank line (R14), and nothing after an empty end', () => {
    assert.deepEqual(dispatched(split([Buffer.from('data: a\n\ndata: [DONE]')]).events).at(-1)?.data, '[DONE]');
    assert.deepEqual(dispatched(split([Buffer.from('data: a\n')]).events), [{ event: undefined, data: 'a' }]);
    assert.deepEqual(split([]).events, []);
  });

  for (const [size, step] of [
    [1_000_000, 1],
    [10_000_000, 999],
  ] as const) {
    it(`takes a line of ${size} bytes in pieces of ${step} in linear time`, () => {
      const bytes = Buffer.from(`data: ${'é'.repeat(size / 2)}\n\n`);
      const splitter = createSseSplitter();
      const events: RawSseEvent[] = [];
      for (let at = 0; at < bytes.length; at += step) events.push(...splitter.push(bytes.subarray(at, at + step)));
      assert.equal(events.length, 1);
      assert.equal(events[0]?.data.length, size / 2);
    });
  }

  it('stops at an event larger than the limit, whole or in pieces, after the events before it', () => {
    const bytes = Buffer.from(`data: ok\n\ndata: ${'x'.repeat(200)}\n\ndata: never\n\n`);
    for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte])), cut(bytes, [50, 120])]) {
      const { events, overflow } = split(chunks, 100);
      assert.deepEqual(dispatched(events), [{ event: undefined, data: 'ok' }]);
      assert.equal(overflow?.code, 'sseEventTooLarge');
      assert.equal(overflow?.limit, 100);
    }
    assert.equal(split([Buffer.alloc(1000, 'x')], 100).overflow?.limit, 100);
    assert.equal(split([Buffer.from(`data: ${'x'.repeat(92)}\n\n`)], 100).overflow, undefined);
  });
});

describe('sse: writing', () => {
  it('writes what the splitter reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const { events } = split([Buffer.from(sseData(value) + SSE_DONE)]);
        const normalised = value.replace(/\r\n|\r/g, '\n');
        assert.deepEqual(dispatched(events), [
          { event: undefined, data: normalised },
          { event: undefined, data: '[DONE]' },
        ]);
      }),
    );
  });
});
