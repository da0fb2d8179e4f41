/** Reasoning of Responses that its provider no longer takes: the request goes once more without it, as with Claude's thinking. */
import assert from 'node:assert/strict';
import { startRouter, type TestRouter } from '../../support/router';
import { json, startUpstream, type Upstream } from '../../support/upstream';

const REFUSALS: [message: string, code: string | null][] = [
  ['The encrypted content for item rs_1 could not be verified. Reason: Encrypted content item_id did not match.', null],
  ['Bad content.', 'invalid_encrypted_content'],
  ["Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'.", null],
  ["Item 'ws_1' of type 'web_search_call' was provided without its required 'reasoning' item: 'rs_1'.", null],
  ["Item 'rs_1' of type 'reasoning' was provided without its required following item.", null],
  ["Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.", null],
  ["Item with id 'ws_1' not found.", null],
  ['Reasoning input items can only be provided to a reasoning or computer use model.', null],
];
const BODY = `{"model":"oai/gpt-5.2","store": false,"input":[{"role":"user","content":"hi"},
 {"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"SEALED"},{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\\"a\\": 1}"},
 {"type":"function_call_output","call_id":"c1","output":"x"},{"type":"web_search_call","id":"ws_1","status":"completed"},
 {"type":"tool_search_call","id":"tsc_1","call_id":"c2","execution":"client","arguments":{}},
 {"type":"image_generation_call","id":"ig_1","status":"completed","result":null}]}`;
const whole = { id: 'resp_1', object: 'response', status: 'completed', output: [] };

describe('sealed reasoning that is refused', () => {
  let upstream: Upstream;
  let router: TestRouter;
  before(async () => {
    upstream = await startUpstream();
    const at = { baseUrl: `${upstream.url}/v1`, requireApiKey: false };
    router = await startRouter({ backends: [{ name: 'oai', ...at, preset: 'openai', wire: 'responses' }] });
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  beforeEach(() => {
    upstream.seen.length = 0;
    upstream.answers.length = 0;
  });

  for (const [message, code] of REFUSALS) {
    it(`is left out, with the ids that lean on it: ${message.slice(0, 60)}`, async () => {
      const error = { message, code, type: 'invalid_request_error', param: null };
      upstream.answers.push(json({ error }, 400), json(whole));
      assert.equal((await router.post('/v1/responses', BODY)).status, 200);
      const input = upstream.seen[1]!.json().input as { type?: string; id?: string }[];
      assert.deepEqual(
        input.map(({ type, id }) => [type, id]),
        [
          [undefined, undefined],
          ['function_call', undefined],
          ['function_call_output', undefined],
          ['web_search_call', undefined],
          ['tool_search_call', undefined],
          ['image_generation_call', 'ig_1'],
        ],
      );
      assert.ok(upstream.seen[1]!.text.includes('"arguments":"{\\"a\\": 1}"'), 'other bytes stay');
      assert.match(router.records.at(-1)!.rules.join('; '), /earlier thinking left out/);
    });
  }

  it('stays where the refusal speaks of something else, or nothing is sealed', async () => {
    const error = { message: 'Unknown item.', type: 'invalid_request_error' };
    upstream.answers.push(json({ error }, 400));
    assert.equal((await router.post('/v1/responses', BODY)).status, 400);
    upstream.answers[0] = json({ error: { message: REFUSALS[0]![0] } }, 400);
    assert.equal((await router.post('/v1/responses', { model: 'oai/gpt-5.2', input: 'hi' })).status, 400);
    assert.equal(upstream.seen.length, 2);
  });
});
