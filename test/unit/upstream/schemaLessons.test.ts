/** Keywords of schemas that a provider refuses (issue 15 §4): read from its words, told to the model in another way. */
import assert from 'node:assert/strict';
import { textOf } from '../../../src/said';
import { applyLessons } from '../../../src/upstream/lessonEdits';
import { lessonSince } from '../../../src/upstream/lessonStore';
import { lessonsOf, lessonWords } from '../../../src/upstream/lessons';
import type { JsonObject } from '../../../src/wires/conversation';
import { readFailure } from '../../../src/wires/failure';

const SCHEMA: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    when: { type: 'string', format: 'date-time', title: 'When' },
    pattern: { type: 'string', pattern: '^a' },
    size: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
    list: { type: 'array', items: { $ref: '#/definitions/one' }, minItems: 1 },
    kind: { const: 'a' },
    one: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  required: ['when'],
  additionalProperties: false,
  definitions: { one: { type: 'string', maxLength: 5 } },
};
const BODY: JsonObject = {
  model: 'm',
  messages: [{ role: 'user', content: 'hi' }],
  presence_penalty: 1,
  tools: [{ type: 'function', function: { name: 'format', parameters: SCHEMA } }],
};
const openAi = (message: string, param: string | null = null, code: string | null = null) => ({
  error: { message, type: 'invalid_request_error', param, code },
});
const learned = (answer: unknown, body = BODY) =>
  lessonsOf(readFailure(400, {}, typeof answer === 'string' ? answer : JSON.stringify(answer), 0), () => body).map(
    ({ field, do: what, lasting }) => `${what} ${field}${lasting ? '' : ' once'}`,
  );

describe('refused keywords of schemas', () => {
  const forms: [who: string, answer: unknown, lessons: string[]][] = [
    [
      'OpenAI',
      openAi(
        "Invalid schema for function 'format': In context=('properties', 'when'), 'format' is not permitted.",
        'tools[0].function.parameters',
        'invalid_function_parameters',
      ),
      ['drop schema.format'],
    ],
    [
      'OpenAI, a format',
      openAi(
        "Invalid schema for function 'format': In context=('properties', 'when'), 'date-time' is not a valid format.",
        'tools[0].function.parameters',
      ),
      ['drop schema.format'],
    ],
    [
      'Gemini, with a parameter of its own',
      [
        {
          error: {
            code: 400,
            message: `Invalid JSON payload received. Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.\nInvalid JSON payload received. Unknown name "$schema" at 'tools[0].function_declarations[0].parameters': Cannot find field.\nInvalid JSON payload received. Unknown name "presence_penalty": Cannot find field.`,
          },
        },
      ],
      ['drop schema.additionalProperties', 'drop schema.$schema', 'drop presence_penalty'],
    ],
    [
      'Gemini, a value',
      openAi(
        "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties[when].format: only 'enum' and 'date' are supported for STRING type",
      ),
      ['drop schema.format'],
    ],
    [
      'Cerebras',
      {
        message: "Unsupported JSON schema fields: {'minItems', 'pattern'}",
        type: 'invalid_request_error',
        param: 'response_format',
        code: 'wrong_api_format',
      },
      ['drop schema.minItems', 'drop schema.pattern'],
    ],
    [
      'Anthropic',
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: "output_config.format.schema: For 'integer' type, properties maximum, minimum are not supported",
        },
      },
      ['drop schema.maximum', 'drop schema.minimum'],
    ],
    ['Groq', openAi("'tools.0.function.parameters' : property '$ref' is unsupported"), ['drop schema.$ref']],
    [
      'pydantic',
      openAi('body.tools.0.function.parameters.title: Extra inputs are not permitted'),
      ['drop schema.title'],
    ],
    [
      'a local server',
      openAi('unsupported tool schema: additionalProperties is only supported as an open schema'),
      ['drop schema.additionalProperties'],
    ],
    [
      'llama.cpp',
      openAi("JSON schema conversion failed: Pattern must start with '^' and end with '$'"),
      ['drop schema.pattern'],
    ],
    [
      'in words',
      openAi('This JSON schema cannot be used: the model does not support the keyword oneOf'),
      ['drop schema.oneOf'],
    ],
  ];
  for (const [who, answer, lessons] of forms) it(who, () => assert.deepEqual(learned(answer), lessons));

  it('the shape of a value, a word of English, a keyword nobody sent and a parameter of that name teach nothing', () => {
    for (const words of [
      "Invalid schema for function 'f': In context=('properties', 'one'), 'anyOf' is not permitted.",
      "Unsupported JSON schema fields: {'minItems', 'items'}",
      'json_schema: this format is not supported',
      "Invalid schema for function 'f': 'multipleOf' is not permitted.",
      "Invalid schema for function 'f': In context=('properties', 'pattern'), array schema missing items.",
      "'format' is not permitted",
      "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      'The tool schema is too large.',
    ])
      assert.deepEqual(learned(openAi(words)), [], words);
  });
});

describe('a schema without a refused keyword', () => {
  const without = (keywords: string[], body: object = BODY) => {
    const lessons = keywords.map((keyword) => ({ field: `schema.${keyword}`, do: 'drop', lasting: true }) as const);
    const { body: bytes, rules, dropped } = applyLessons(Buffer.from(JSON.stringify(body)), lessons);
    return { text: bytes.toString(), rules, dropped };
  };
  const sent = (text: string) => JSON.parse(text).tools[0].function.parameters;

  it('says a bound in the description, writes references out, keeps what const and oneOf mean', () => {
    const { text, rules, dropped } = without(['minimum', '$ref', 'const', 'oneOf', 'additionalProperties']);
    const { properties, ...rest } = sent(text);
    assert.deepEqual(properties.size, { type: 'integer', maximum: 9, default: 3, description: '(at least 1)' });
    assert.deepEqual(properties.list.items, { type: 'string', maxLength: 5 });
    assert.deepEqual(properties.kind, { enum: ['a'] });
    assert.deepEqual(properties.one, { anyOf: [{ type: 'string' }, { type: 'number' }] });
    assert.deepEqual(rest, { $schema: SCHEMA.$schema, type: 'object', required: ['when'] });
    assert.equal(textOf(rules[0]!), 'wrote schemas without minimum, which the provider refuses');
    assert.deepEqual(
      dropped,
      ['minimum', '$ref', 'const', 'oneOf', 'additionalProperties'].map((one) => `schema.${one}`),
    );
  });

  it('keeps a property of that name, and every byte outside', () => {
    const { text } = without(['pattern']);
    assert.deepEqual(sent(text).properties.pattern, { type: 'string', description: '(pattern ^a)' });
    const [before, behind] = [text.indexOf('{"$schema"'), JSON.stringify(BODY).length];
    assert.equal(text.slice(0, before), JSON.stringify(BODY).slice(0, before));
    assert.equal(text.slice(-5), JSON.stringify(BODY).slice(behind - 5));
    assert.equal(without(['pattern'], JSON.parse(text)).text, text);
  });

  it('wherever a schema stands: tools of every wire, functions, namespaces, the form of the answer', () => {
    const schema = { type: 'object', properties: { a: { type: 'string', format: 'uri' } } };
    for (const body of [
      { tools: [{ name: 'f', input_schema: schema }] },
      { tools: [{ type: 'function', name: 'f', parameters: schema }] },
      { tools: [{ type: 'namespace', tools: [{ type: 'function', name: 'f', parameters: schema }] }] },
      { functions: [{ name: 'f', parameters: schema }] },
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } },
      { text: { format: { type: 'json_schema', name: 'n', schema } } },
      { output_config: { format: { type: 'json_schema', schema } } },
    ]) {
      const { text } = without(['format'], body);
      assert.ok(text.includes('"a":{"type":"string","description":"(format uri)"}'), text);
    }
  });

  it('never goes without the shape, whatever a file of lessons says; a text with a wrong escape goes as it is', () => {
    for (const keyword of ['properties', 'type', 'required', 'enum', 'items'])
      assert.equal(without([keyword]).text, JSON.stringify(BODY));
    const odd = Buffer.from('{"tools":[{"name":"f","input_schema":{"a":"\\q","format":"x"}}]}');
    assert.deepEqual(applyLessons(odd, [{ field: 'schema.format', do: 'drop', lasting: true }]).body, odd);
  });

  it('is told in a sentence', () => {
    const lesson = { field: 'schema.format', do: 'drop', lasting: true } as const;
    assert.equal(lessonWords(lesson), 'wrote schemas without format, which the provider refuses');
    assert.equal(
      lessonSince({ ...lesson, at: Date.parse('2026-11-29') }),
      'refuses format in schemas: written without it since 2026-11-29.',
    );
  });
});
