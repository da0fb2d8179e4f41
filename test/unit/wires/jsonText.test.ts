import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  editObject,
  JsonTextError,
  MAX_JSON_DEPTH,
  readString,
  scanArray,
  scanObject,
  splice,
} from '../../../src/wires/jsonText';

const bytes = (text: string) => Buffer.from(text);
const slice = (buffer: Buffer, span: { start: number; end: number }) => buffer.toString('utf8', span.start, span.end);

/** JSON text of any object, with white space and escapes as odd as they get. */
const objectText = fc
  .tuple(
    fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 })),
    fc.constantFrom(0, 1, '\t', ' \n'),
  )
  .map(([value, indent]) => JSON.stringify(value, null, indent));

describe('jsonText: scanning', () => {
  it('finds the top-level entries with exact spans', () => {
    const body = bytes(' {"model" : "gpt-x", "n":12345678901234567890,"a":[1,{"b":"]"}] ,"t":true,"z":null,"o":{} }\n');
    const entries = scanObject(body);
    assert.deepEqual(
      entries.map((entry) => [entry.key, slice(body, entry), entry.kind]),
      [
        ['model', '"gpt-x"', 'string'],
        ['n', '12345678901234567890', 'number'],
        ['a', '[1,{"b":"]"}]', 'array'],
        ['t', 'true', 'boolean'],
        ['z', 'null', 'null'],
        ['o', '{}', 'object'],
      ],
    );
    assert.equal(slice(body, { start: entries[1]!.entryStart, end: entries[1]!.entryEnd }), '"n":12345678901234567890');
  });

  it('agrees with JSON.parse on arbitrary objects', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        const body = bytes(text);
        const pairs = scanObject(body).map((entry) => [entry.key, JSON.parse(slice(body, entry))] as const);
        assert.deepEqual(
          pairs,
          Object.entries(JSON.parse(text) as object).map(([key, value]) => [key, value]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with JSON.parse on arbitrary arrays', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.constantFrom(0, 2), (value, indent) => {
        const body = bytes(JSON.stringify(value, null, indent));
        assert.deepEqual(
          scanArray(body, 0).map((item) => JSON.parse(slice(body, item))),
          JSON.parse(body.toString()),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('accepts and refuses exactly what JSON.parse does when structure is damaged', () => {
    const structural = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '0',
      '-',
      '.',
      'e',
      't',
      'null',
      ' ',
      '\\',
      '1',
    );
    fc.assert(
      fc.property(objectText, fc.nat(), fc.nat(3), structural, (text, position, cut, insert) => {
        const at = position % (text.length + 1);
        const damaged = text.slice(0, at) + insert + text.slice(at + cut);
        let expected: unknown;
        try {
          expected = JSON.parse(damaged);
        } catch {
          expected = undefined;
        }
        let entries: unknown;
        try {
          entries = scanObject(bytes(damaged));
        } catch (error) {
          assert.ok(error instanceof JsonTextError);
        }
        const isObject = typeof expected === 'object' && expected !== null && !Array.isArray(expected);
        if (isObject) assert.ok(entries, `refused ${damaged}`);
        // Escapes and control characters inside strings are not the scanner's business; skip texts that only fail there.
        else if (entries) assert.throws(() => JSON.parse(damaged), /escape|control/i);
      }),
      { numRuns: 1000 },
    );
  });

  for (const broken of [
    '',
    ' ',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{"a" 1}',
    '{a:1}',
    "{'a':1}",
    '{"a":1} x',
    '{"a":1}{}',
    '{"a":01}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":-}',
    '{"a":1e}',
    '{"a":+1}',
    '{"a":tru}',
    '{"a":nul}',
    '{"a":NaN}',
    '{"a":"x}',
    '{"a":"x\\"}',
    '{"a":[1,]}',
    '{"a":[1 2]}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '[]',
    '"text"',
    'null',
    '{"a":undefined}',
    '{"a":1,,"b":2}',
  ]) {
    it(`refuses ${JSON.stringify(broken)}`, () => {
      assert.throws(() => scanObject(bytes(broken)), JsonTextError);
    });
  }

  it('takes a byte order mark, refuses bytes that are not UTF-8', () => {
    assert.deepEqual(scanObject(bytes('\uFEFF{"a":1}'))[0]?.key, 'a');
    assert.throws(() => scanObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), /UTF-8/);
  });

  it('refuses nesting beyond the limit without running out of stack', () => {
    const nested = (depth: number) => bytes(`${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`);
    assert.equal(scanObject(nested(MAX_JSON_DEPTH)).length, 1);
    assert.throws(() => scanObject(nested(MAX_JSON_DEPTH + 1)), /nested too deep/);
    assert.throws(() => scanObject(bytes(`{"a":${'['.repeat(1_000_000)}`)), /nested too deep/);
  });

  it('compares keys unescaped and keeps repeated ones', () => {
    const body = bytes('{"mod\\u0065l":"a","model":"b\\n\\"é"}');
    const entries = scanObject(body);
    assert.deepEqual(
      entries.map((entry) => entry.key),
      ['model', 'model'],
    );
    assert.equal(readString(body, entries[1]!), 'b\n"é');
    assert.throws(() => readString(bytes('{"a":"\\x"}'), { start: 5, end: 9 }), JsonTextError);
    assert.throws(() => readString(bytes('{"a":1}'), { start: 5, end: 6 }), JsonTextError);
  });

  it('is linear where every quote is escaped', () => {
    const body = bytes(`{"a":"${'\\\\'.repeat(200_000)}${'\\"'.repeat(200_000)}"}`);
    assert.equal(scanObject(body)[0]?.end, body.length - 1);
  });
});

describe('jsonText: splicing', () => {
  it('replaces a value and keeps every other byte', () => {
    fc.assert(
      fc.property(objectText, fc.nat(), fc.jsonValue({ maxDepth: 2 }), (text, pick, value) => {
        const body = bytes(text);
        const entries = scanObject(body);
        if (entries.length === 0) return;
        const entry = entries[pick % entries.length]!;
        const out = splice(body, [{ start: entry.start, end: entry.end, text: JSON.stringify(value) }]);
        assert.equal(
          out.toString(),
          body.toString('utf8', 0, entry.start) + JSON.stringify(value) + body.toString('utf8', entry.end),
        );
      }),
    );
  });

  it('removes any set of entries and appends others, leaving valid JSON', () => {
    fc.assert(
      fc.property(
        objectText,
        fc.func(fc.boolean()),
        fc.array(fc.constantFrom('x1', 'x2', 'x3'), { maxLength: 3 }),
        (text, goes, names) => {
          const body = bytes(text);
          const entries = scanObject(body);
          const remove = new Set(entries.flatMap((_, index) => (goes(index) ? [index] : [])));
          const out = splice(
            body,
            editObject(body, entries, { remove, append: names.map((name) => [name, '[1]'] as const) }),
          );
          const kept = entries.filter((_, index) => !remove.has(index));
          assert.deepEqual(
            scanObject(out).map((entry) => [entry.key, slice(out, entry)]),
            [...kept.map((entry) => [entry.key, slice(body, entry)]), ...names.map((name) => [name, '[1]'])],
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the space around what stays', () => {
    const body = bytes('{"a":1 , "b":2}');
    const entries = scanObject(body);
    const remove = (index: number) => splice(body, editObject(body, entries, { remove: new Set([index]) })).toString();
    assert.equal(remove(0), '{"b":2}');
    assert.equal(remove(1), '{"a":1}');
    const append = (key: string, text: string) =>
      splice(body, editObject(body, entries, { append: [[key, text]] })).toString();
    assert.equal(append('c"', 'true'), '{"a":1 , "b":2,"c\\"":true}');
    assert.equal(
      splice(bytes(' {} '), editObject(bytes(' {} '), [], { append: [['c', '1']] })).toString(),
      ' {"c":1} ',
    );
    const nested = bytes('{"o":{ }}');
    assert.equal(splice(nested, editObject(nested, [], { append: [['k', '1']] }, 5)).toString(), '{"o":{"k":1 }}');
  });

  it('combines with edits of values that stay, refuses overlaps', () => {
    const body = bytes('{"a":1,"b":2,"c":3}');
    const entries = scanObject(body);
    const edits = editObject(body, entries, { remove: new Set([0, 2]), append: [['d', '4']] });
    edits.push({ start: entries[1]!.start, end: entries[1]!.end, text: Buffer.from('"zwei"') });
    assert.equal(splice(body, edits).toString(), '{"b":"zwei","d":4}');
    assert.throws(
      () =>
        splice(body, [
          { start: 1, end: 5, text: '' },
          { start: 4, end: 6, text: '' },
        ]),
      RangeError,
    );
    assert.throws(() => splice(body, [{ start: 1, end: 500, text: '' }]), RangeError);
  });
});
