/** Learning from refusals (issue 15 §4): a provider nobody listed refuses what it does not know, and says so in its own way. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import type { SettingsInput } from '../../../src/settings/schema';
import { startRouter, type TestRouter } from '../../support/router';
import { type Answer, chatCompletion, json, type Seen, startUpstream, type Upstream } from '../../support/upstream';

const ANSWERS: Record<string, object> = {
  'chat/completions': chatCompletion('ok'),
  responses: {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    status: 'completed',
    model: 'm',
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'ok', annotations: [] }],
      },
    ],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  },
  messages: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [{ type: 'text', text: 'ok' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  },
};

type Say = (field: string) => { status: number; body: unknown };
const openAi = (message: string, param: string | null = null, code: string | null = null) => ({
  status: 400,
  body: { error: { message, type: 'invalid_request_error', param, code } },
});
/** One and the same refusal in the forms of many providers. */
const FORMS: Say[] = [
  (field) =>
    openAi(`Unsupported parameter: '${field}' is not supported with this model.`, field, 'unsupported_parameter'),
  (field) => openAi(`Unknown parameter: '${field}'.`, field, 'unknown_parameter'),
  (field) => openAi(`Unrecognized request argument supplied: ${field}`),
  (field) => openAi(`property '${field}' is unsupported`),
  (field) => openAi(`\`${field}\` is not supported with this model`),
  (field) => openAi(`Model m does not support parameter ${field}.`),
  (field) => openAi(`json: unknown field "${field}"`),
  (field) => ({
    status: 422,
    body: { detail: [{ type: 'extra_forbidden', loc: ['body', field], msg: 'Extra inputs are not permitted' }] },
  }),
  (field) => ({
    status: 400,
    body: { object: 'error', message: `[{'type': 'extra_forbidden', 'loc': ('body', '${field}'), 'msg': 'x'}]` },
  }),
  (field) => ({
    status: 400,
    body: [
      { error: { code: 400, message: `Invalid JSON payload received. Unknown name "${field}": Cannot find field.` } },
    ],
  }),
  (field) => ({
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: `${field}: Extra inputs are not permitted` },
    },
  }),
];

/** Refuses the first of these fields that it finds. */
function refusing(fields: readonly string[], say: Say): Answer {
  return (seen: Seen, response) => {
    const found = fields.find((field) => field in seen.json());
    const route = Object.keys(ANSWERS).find((one) => seen.path.endsWith(one))!;
    const { status, body } = found === undefined ? { status: 200, body: ANSWERS[route] } : say(found);
    return json(body, status)(seen, response);
  };
}

const user = [{ role: 'user', content: 'hi' }];
const READ = { type: 'function', function: { name: 'Read', parameters: { type: 'object', properties: {} } } };
const BODIES: Record<string, Record<string, unknown>> = {
  'chat/completions': { model: 'relay/m', messages: user },
  responses: { model: 'relay/m', input: user },
  messages: { model: 'relay/m', messages: user, max_tokens: 50 },
};
const WIRES = { 'chat/completions': 'chat', responses: 'responses', messages: 'messages' } as const;

describe('learning from refusals', () => {
  let upstream: Upstream;
  let router: TestRouter;
  const settings = (more: object = {}): SettingsInput => ({
    backends: [{ name: 'relay', baseUrl: `${upstream.url}/v1`, ...more }],
  });
  before(async () => {
    upstream = await startUpstream();
    router = await startRouter(settings());
  });
  after(async () => {
    await router.stop();
    await upstream.stop();
  });
  let models = 0;
  /** A model that nothing was learned about yet. */
  const fresh = (): string => `m-${models++}`;
  const ask = async (route: string, more: object, answer: Answer, model = fresh()) => {
    upstream.answers.splice(0, upstream.answers.length, answer);
    upstream.seen.length = 0;
    const told = await router.post(`/v1/${route}`, { ...BODIES[route], ...more, model: `relay/${model}` });
    const text = await told.text();
    return {
      status: told.status,
      text,
      dropped: told.headers.get('x-llm-router-dropped'),
      tries: upstream.seen.length,
    };
  };

  for (const [route, wire] of Object.entries(WIRES)) {
    it(`${wire}: what is refused is left out in a second try, and from then on`, async () => {
      await router.configure(settings({ wire }));
      const model = fresh();
      const answer = refusing(['temperature'], FORMS[0]!);
      const first = await ask(route, { temperature: 0.2, top_p: 0.5 }, answer, model);
      assert.deepEqual([first.status, first.tries, first.dropped], [200, 2, 'temperature']);
      const record = router.records.at(-1)!;
      assert.ok(record.rules.includes('dropped temperature, which the provider refuses'), record.rules.join());
      assert.deepEqual(
        record.attempts.map(({ outcome }) => outcome),
        ['retried', 'ok'],
      );
      const second = await ask(route, { temperature: 0.7, top_p: 0.5 }, answer, model);
      assert.deepEqual([second.status, second.tries, second.dropped], [200, 1, 'temperature']);
      assert.equal(upstream.seen[0]!.json().top_p, 0.5);
    });
  }

  const schema = { type: 'object', properties: { at: { type: 'string', format: 'uri' } }, additionalProperties: false };
  const TOOLS: Record<string, object> = {
    'chat/completions': { type: 'function', function: { name: 'f', parameters: schema } },
    responses: { type: 'function', name: 'f', parameters: schema },
    messages: { name: 'f', input_schema: schema },
  };
  for (const [route, wire] of Object.entries(WIRES)) {
    it(`${wire}: a keyword of a schema that is refused goes into the description, and from then on`, async () => {
      await router.configure(settings({ wire }));
      const model = fresh();
      const answer: Answer = (seen, response) =>
        seen.text.includes('"format"')
          ? json(openAi("Invalid schema for function 'f': 'format' is not permitted.").body, 400)(seen, response)
          : json(ANSWERS[route]!)(seen, response);
      const more = { tools: [TOOLS[route]] };
      const first = await ask(route, more, answer, model);
      assert.deepEqual([first.status, first.tries, first.dropped], [200, 2, 'schema.format']);
      const told = router.records.at(-1)!.rules.join();
      assert.ok(told.includes('wrote schemas without format, which the provider refuses'), told);
      const second = await ask(route, more, answer, model);
      assert.deepEqual([second.status, second.tries], [200, 1]);
      const at = { type: 'string', description: '(format uri)' };
      assert.ok(upstream.seen[0]!.text.includes(JSON.stringify({ ...schema, properties: { at } })));
      const [translated] = Object.keys(WIRES).filter((one) => one !== route);
      const third = await ask(translated!, { tools: [TOOLS[translated!]] }, answer, model);
      assert.deepEqual([third.status, third.tries], [200, 1]);
    });
  }

  it('a translated request and Cursor’s own profit alike', async () => {
    await router.configure(settings());
    const model = fresh();
    const answer = refusing(['temperature'], FORMS[3]!);
    const translated = await ask('messages', { temperature: 0.2 }, answer, model);
    assert.deepEqual([translated.status, translated.tries, translated.dropped], [200, 2, 'temperature']);
    upstream.seen.length = 0;
    const cursor = await router.post(
      '/v1/chat/completions',
      { ...BODIES['chat/completions'], model: `relay/${model}`, temperature: 0 },
      { 'user-agent': 'cursor/1.0' },
    );
    assert.deepEqual([cursor.status, upstream.seen.length], [200, 1]);
    assert.equal(upstream.seen[0]!.json().temperature, undefined);
  });

  it('over Responses a summary or sealed thinking that is refused goes in the next try, and from then on (c15)', async () => {
    await router.configure(settings({ preset: 'openai', requireApiKey: false }));
    const openAiRefusal = (body: Record<string, unknown>) => {
      const { reasoning, include } = body as { reasoning?: { summary?: string }; include?: string[] };
      if (reasoning?.summary)
        return openAi(
          'Your organization must be verified to generate reasoning summaries.',
          'reasoning.summary',
          'unsupported_value',
        );
      if (include) return openAi('Encrypted content is not supported with this model.', 'include', 'unsupported_value');
      return undefined;
    };
    const answer: Answer = (seen, response) => {
      const refused = openAiRefusal(seen.json());
      json(refused?.body ?? ANSWERS.responses, refused?.status ?? 200)(seen, response);
    };
    const turn = async () => {
      upstream.answers.splice(0, upstream.answers.length, answer);
      upstream.seen.length = 0;
      const asked = { model: 'relay/gpt-5.5', messages: user, reasoning: { effort: 'high' }, tools: [READ] };
      const told = await router.post('/v1/chat/completions', asked, { 'user-agent': 'Cursor/1.0' });
      assert.equal(told.status, 200, await told.text());
      return upstream.seen.map((seen) => {
        const { reasoning, include } = seen.json();
        return [seen.path, reasoning, include];
      });
    };
    const sealed = ['reasoning.encrypted_content'];
    assert.deepEqual(await turn(), [
      ['/v1/responses', { effort: 'high', summary: 'auto' }, sealed],
      ['/v1/responses', { effort: 'high' }, sealed],
      ['/v1/responses', { effort: 'high' }, undefined],
    ]);
    assert.deepEqual(await turn(), [['/v1/responses', { effort: 'high' }, undefined]]);
    await router.configure(settings());
  });

  it('thinking in the history goes where the provider refuses its field', async () => {
    const messages = [...user, { role: 'assistant', content: 'yo', reasoning_content: 'hm' }, ...user];
    const answer: Answer = (seen, response) =>
      seen.text.includes('reasoning_content')
        ? json(openAi("'messages.1' : property 'reasoning_content' is unsupported").body, 400)(seen, response)
        : json(chatCompletion('ok'))(seen, response);
    const { status, tries, dropped } = await ask('chat/completions', { messages }, answer);
    assert.deepEqual([status, tries, dropped], [200, 2, 'messages[].reasoning_content']);
  });

  it('the one allowed value is sent, the output limit under its other name', async () => {
    const answer: Answer = (seen, response) => {
      const { temperature, max_tokens } = seen.json();
      if (temperature !== 1) return json(openAi('invalid temperature: only 1 is allowed').body, 400)(seen, response);
      if (max_tokens !== undefined)
        return json(
          openAi(
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            'max_tokens',
            'unsupported_parameter',
          ).body,
          400,
        )(seen, response);
      return json(chatCompletion('ok'))(seen, response);
    };
    const { status, tries } = await ask('chat/completions', { temperature: 0.2, max_tokens: 9 }, answer);
    assert.deepEqual([status, tries], [200, 3]);
    const { temperature, max_completion_tokens } = upstream.seen.at(-1)!.json();
    assert.deepEqual([temperature, max_completion_tokens], [1, 9]);
  });

  it('a value out of range is told as it is', async () => {
    const words = 'temperature 7 is too high: it must be between 0 and 2';
    const told = await ask('chat/completions', { temperature: 7 }, json(openAi(words, 'temperature').body, 400));
    assert.deepEqual([told.status, told.tries], [400, 1]);
    assert.ok(told.text.includes(words));
  });

  it('nothing is kept of a second try that failed, or of what two parameters refuse together', async () => {
    const model = fresh();
    const always = json(openAi("Unknown parameter: 'temperature'.", 'temperature', 'unknown_parameter').body, 400);
    const failed = await ask('chat/completions', { temperature: 0.2 }, always, model);
    assert.deepEqual([failed.status, failed.tries], [400, 2]);
    const after = await ask('chat/completions', { temperature: 0.2 }, json(chatCompletion('ok')), model);
    assert.deepEqual([after.tries, after.dropped], [1, null]);
    assert.equal(upstream.seen[0]!.json().temperature, 0.2);

    const together: Answer = (seen, response) =>
      'top_p' in seen.json()
        ? json(openAi('`top_p` is not supported when temperature is set', 'top_p').body, 400)(seen, response)
        : json(chatCompletion('ok'))(seen, response);
    assert.equal((await ask('chat/completions', { temperature: 1, top_p: 1 }, together, model)).dropped, 'top_p');
    assert.equal((await ask('chat/completions', { top_p: 1 }, json(chatCompletion('ok')), model)).dropped, null);
  });

  it('retry.attempts counts the tries; learn: false and edits: none switch learning off', async () => {
    const answer = refusing(['temperature'], FORMS[1]!);
    const tries = async (next: SettingsInput, route = 'chat/completions') => {
      await router.configure(next);
      return (await ask(route, { temperature: 0.2 }, answer)).tries;
    };
    assert.equal(await tries({ ...settings(), retry: { attempts: 1 } }), 1);
    assert.equal(await tries(settings({ learn: false })), 1);
    assert.equal(await tries(settings({ edits: 'none' })), 1);
    assert.equal(await tries(settings({ edits: 'none' }), 'messages'), 2);
    await router.configure(settings());
  });

  it('the file holds names, no address and no value of the client', async () => {
    const model = fresh();
    await ask('chat/completions', { seed: 424_242 }, refusing(['seed'], FORMS[0]!), model);
    const file = path.join(router.dataDir, 'lessons.json');
    let text = '';
    for (let turn = 0; turn < 200 && !text.includes(model); turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      text = readFileSync(file, { encoding: 'utf8', flag: 'a+' });
    }
    assert.ok(text.includes(`"model":"${model}"`) && text.includes('"field":"seed"'), text);
    assert.doesNotMatch(text, /424242|127\.0\.0\.1/);
  });

  it('forgotten from the editor: what was left out goes out again, and the file is gone', async () => {
    const model = fresh();
    const answer = refusing(['temperature'], FORMS[0]!);
    assert.equal((await ask('chat/completions', { temperature: 0.2 }, answer, model)).tries, 2);
    assert.ok((await router.core.forgetLearned()).models > 0);
    assert.throws(() => readFileSync(path.join(router.dataDir, 'lessons.json')), /ENOENT/);
    assert.equal((await ask('chat/completions', { temperature: 0.2 }, answer, model)).tries, 2);
    await router.core.forgetLearned();
    assert.deepEqual(await router.core.forgetLearned(), { models: 0 });
  });

  const OPTIONAL = { temperature: 0.2, top_p: 0.5, seed: 3, presence_penalty: 1, user: 'u', verbosity: 'low' };
  it('whatever is refused in whatever form: an answer, or the sentence of the provider, within two lessons', async () => {
    await router.configure(settings());
    const names = Object.keys(OPTIONAL);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...names), { maxLength: 4 }),
        fc.constantFrom(...FORMS),
        fc.boolean(),
        async (refused, say, more) => {
          const sent = more ? { ...OPTIONAL, stop: ['x'] } : OPTIONAL;
          const told = await ask('chat/completions', sent, refusing(more ? [...refused, 'stop'] : refused, say));
          assert.equal(told.tries, Math.min(refused.length, 2) + 1);
          if (refused.length <= 2 && !more) {
            assert.equal(told.status, 200);
            assert.deepEqual(new Set(told.dropped?.split(', ') ?? []), new Set(refused));
          } else {
            const named = refused[2] ?? 'stop';
            assert.ok(told.status === 400 || told.status === 422);
            assert.ok(told.text.includes(named), told.text);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  /** What may be refused of this request, each with where it goes from and how a provider says so. */
  const REFUSABLE: Record<string, { stands: RegExp; words: string }> = {
    ...Object.fromEntries(
      ['temperature', 'top_p', 'seed'].map((name) => [
        name,
        { stands: new RegExp(`"${name}":`), words: `Unknown parameter: '${name}'.` },
      ]),
    ),
    'messages[].reasoning_content': {
      stands: /"reasoning_content"/,
      words: "'messages.1' : property 'reasoning_content' is unsupported",
    },
    'schema.format': { stands: /"format"/, words: "Invalid schema for function 'f': 'format' is not permitted." },
    'schema.additionalProperties': {
      stands: /"additionalProperties"/,
      words: "Unsupported JSON schema fields: {'additionalProperties'}",
    },
  };
  it('whatever a model refuses is refused once: the next request goes through in one try, its content as it was', async () => {
    await router.configure(settings());
    const messages = [...user, { role: 'assistant', content: 'yo', reasoning_content: 'hm' }, ...user];
    const sent = { messages, temperature: 0.2, top_p: 0.5, seed: 3, stop: ['x'], tools: [TOOLS['chat/completions']] };
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...Object.keys(REFUSABLE)), { maxLength: 3 }),
        async (refused) => {
          const model = fresh();
          const answer: Answer = (seen, response) => {
            const found = refused.map((name) => REFUSABLE[name]!).find(({ stands }) => stands.test(seen.text));
            return json(found ? openAi(found.words).body : chatCompletion('ok'), found ? 400 : 200)(seen, response);
          };
          const first = await ask('chat/completions', sent, answer, model);
          assert.deepEqual(
            [first.status, first.tries],
            [refused.length > 2 ? 400 : 200, Math.min(refused.length, 2) + 1],
          );
          const second = await ask('chat/completions', sent, answer, model);
          // Nothing is kept of a request that was not answered.
          if (refused.length > 2) return assert.deepEqual([second.status, second.tries], [400, 3]);
          assert.deepEqual([second.status, second.tries], [200, 1]);
          assert.deepEqual(new Set(second.dropped?.split(', ') ?? []), new Set(refused));
          const { stop, messages: told } = upstream.seen[0]!.json() as {
            stop: unknown;
            messages: { content: string }[];
          };
          assert.deepEqual([stop, told.map(({ content }) => content)], [['x'], ['hi', 'yo', 'hi']]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
