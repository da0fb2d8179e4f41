import assert from 'node:assert/strict';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';
import { textOf } from '../../../src/said';
import { readClientRequest } from '../../../src/server/clientRequest';
import { plainBody } from '../../../src/server/plainEdits';
import { type SettingsInput, settingsSchema } from '../../../src/settings/schema';

type BackendInput = NonNullable<SettingsInput['backends']>[number];

/** What a body becomes for one backend; `model` names the client-side model. */
function edited(
  backend: Partial<BackendInput>,
  body: string,
  route: 'chat/completions' | 'completions' = 'chat/completions',
) {
  const settings = settingsSchema.parse({ backends: [{ name: 'b', baseUrl: 'http://127.0.0.1:1', ...backend }] });
  const request = readClientRequest(Buffer.from(body));
  const target = createRouteTable(settings, buildBackends(settings)).resolve(request.model ?? 'b/m');
  if ('notFound' in target) throw new Error(`no target for ${target.notFound}`);
  const plain = plainBody(request, target, route);
  const text = Buffer.isBuffer(plain.body) ? plain.body : Buffer.concat(plain.body);
  return { text: text.toString('utf8'), rules: plain.rules.map(textOf), hideUsage: plain.hideUsage };
}

describe('edits of a plain body', () => {
  it('change the model and leave every other byte', () => {
    const body = '{ "a" : 12345678901234567890 ,"model":"b/m", "x":[1.0,{"y":"\\u00e9"}] }';
    assert.equal(edited({}, body).text, body.replace('b/m', 'm'));
  });

  it('touch nothing when there is nothing to change', () => {
    const body = '{"model":"same","messages":[]}';
    assert.equal(edited({ prefix: '', default: true }, body).text, body);
  });

  it('drop parameters wherever they stand', () => {
    const backend = { unsupportedParams: ['first', 'last', 'middle'] };
    assert.equal(
      edited(backend, '{"first":1,"model":"b/m","middle":{"deep":[]},"n":1,"last":2}').text,
      '{"model":"m","n":1}',
    );
    assert.deepEqual(edited(backend, '{"model":"b/m","last":2}').rules, ['dropped last']);
  });

  it('rewrite roles of messages only', () => {
    const body =
      '{"model":"b/m","messages":[{"role":"developer","content":"developer"},{"content":"x","role":"user"}],"role":"developer"}';
    assert.equal(
      edited({ roleRewrites: { developer: 'system' } }, body).text,
      '{"model":"m","messages":[{"role":"system","content":"developer"},{"content":"x","role":"user"}],"role":"developer"}',
    );
  });

  it('leave tools out as a whole whose schemas would have to change', () => {
    const parameters = { type: 'array' };
    const tools = JSON.stringify([{ type: 'function', function: { name: 'a', parameters } }]);
    const backend = { preset: 'openai' as const, unsupportedParams: ['tools'] };
    assert.equal(edited(backend, `{"model":"b/m","tools":${tools}}`).text, '{"model":"m"}');
    assert.notEqual(edited({ preset: 'openai' }, `{"model":"b/m","tools":${tools}}`).text.indexOf('"object"'), -1);
  });

  it('keep what was found out about tools, unless that is very large', () => {
    const parse = JSON.parse;
    let parsed = 0;
    const asked = (description: string): number => {
      parsed = 0;
      const parameters = { type: 'array', description };
      const tools = JSON.stringify([{ type: 'function', function: { name: 'kept', parameters } }]);
      for (let turn = 0; turn < 2; turn++) edited({ preset: 'openai' }, `{"model":"b/m","tools":${tools}}`);
      return parsed;
    };
    JSON.parse = (text, ...more) => {
      if (text.startsWith('{"type":"array"')) parsed += 1;
      return parse(text, ...more);
    };
    try {
      assert.deepEqual([asked('small'), asked('x'.repeat(2 * 1024 * 1024))], [1, 2]);
    } finally {
      JSON.parse = parse;
    }
  });

  it('let a role stand that only every object knows', () => {
    const body = '{"model":"b/m","messages":[{"role":"constructor","content":"x"}]}';
    assert.equal(edited({ roleRewrites: { developer: 'system' } }, body).text, body.replace('b/m', 'm'));
  });

  it('ask for usage in a stream, and hide it, only where the client did not', () => {
    assert.deepEqual(edited({}, '{"model":"b/m","stream":true}'), {
      text: '{"model":"m","stream":true,"stream_options":{"include_usage":true}}',
      rules: [],
      hideUsage: true,
    });
    assert.equal(edited({}, '{"model":"b/m","stream":true,"stream_options":{"include_usage":true}}').hideUsage, false);
    assert.equal(
      edited({ unsupportedParams: ['stream_options'] }, '{"model":"b/m","stream":true}').text,
      '{"model":"m","stream":true}',
    );
    assert.equal(edited({}, '{"model":"b/m"}').hideUsage, false);
  });

  it('write the effort of a listed variant over the one in the request', () => {
    const backend = { models: [{ id: 'b/m', efforts: ['high'] }] };
    assert.equal(
      edited(backend, '{"model":"b/m:high","reasoning_effort":"low"}').text,
      '{"model":"m","reasoning_effort":"high"}',
    );
  });

  it('never write what the backend refuses (an effort that is dropped as well overlapped and threw)', () => {
    const backend = { unsupportedParams: ['reasoning_effort'], models: [{ id: 'b/m', efforts: ['high'] }] };
    assert.equal(edited(backend, '{"model":"b/m:high","reasoning_effort":"low","n":1}').text, '{"model":"m","n":1}');
  });

  it('send a large body in pieces that are the same text', () => {
    const body = JSON.stringify({ model: 'b/m', messages: [{ role: 'user', content: 'x'.repeat(100_000) }] });
    assert.equal(edited({}, body).text, body.replace('b/m', 'm'));
  });
});
