/** Arbitrary values of the conversation model for property tests of the wires. */
import * as fc from 'fast-check';
import type {
  Answer,
  Conversation,
  JsonObject,
  Part,
  Tool,
  ToolCallPart,
  ToolChoice,
  Turn,
} from '../../src/wires/conversation';

const some = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
export const arbitraryName = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-'), minLength: 1, maxLength: 12 });

/** Function calls with JSON arguments, ids unique within one answer. */
const call = fc.record({
  name: arbitraryName,
  value: fc.dictionary(arbitraryName, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
});

const part: fc.Arbitrary<Part> = fc.oneof(
  some.map((text): Part => ({ type: 'text', text })),
  some.map((text): Part => ({ type: 'reasoning', text })),
  some.map((text): Part => ({ type: 'refusal', text })),
  call.map(({ name, value }): Part => ({ type: 'toolCall', id: '', name, arguments: JSON.stringify(value) })),
);

/** A whole answer: parts in any order, call ids `call_0`…, a finish that fits. */
export const arbitraryAnswer: fc.Arbitrary<Answer> = fc
  .record({
    id: fc.option(arbitraryName, { nil: undefined }),
    parts: fc.array(part, { maxLength: 6 }),
    cut: fc.constantFrom('stop', 'length', 'contentFilter') as fc.Arbitrary<'stop' | 'length' | 'contentFilter'>,
    usage: fc.option(
      fc.tuple(fc.nat(100_000), fc.nat(10_000)).map(([input, output]) => ({ input, output })),
      { nil: undefined },
    ),
  })
  .map(({ id, parts, cut, usage }) => {
    const numbered = parts.map(
      (each, index): Part => (each.type === 'toolCall' ? { ...each, id: `call_${index}` } : each),
    );
    const calls = numbered.some((each): each is ToolCallPart => each.type === 'toolCall');
    return {
      ...(id !== undefined && { id, model: 'some-model', created: 1_700_000_000 }),
      parts: numbered,
      finish: { reason: calls && cut === 'stop' ? 'toolCalls' : cut },
      ...(usage && { usage }),
    };
  });

const schema = fc.constantFrom<JsonObject>(
  { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  { type: 'object', properties: {}, additionalProperties: false },
);
const functionTool = fc
  .record({ name: arbitraryName, description: fc.option(some, { nil: undefined }), parameters: schema })
  .map(
    ({ name, description, parameters }): Tool => ({
      kind: 'function',
      name,
      ...(description && { description }),
      parameters,
    }),
  );
const customTool = fc.record({ name: arbitraryName, grammar: fc.boolean() }).map(
  ({ name, grammar }): Tool => ({
    kind: 'custom',
    name,
    ...(grammar && { format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } }),
  }),
);

const image: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGk=' } },
  { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'low' },
);
const userTurn: fc.Arbitrary<Turn[]> = fc
  .tuple(some, fc.option(image, { nil: undefined }))
  .map(([text, picture]) => [{ role: 'user', parts: [{ type: 'text', text }, ...(picture ? [picture] : [])] }]);
/** An assistant turn with maybe calls, and their results in a tool turn each. */
const assistantTurns = (tools: Tool[]): fc.Arbitrary<Turn[]> => {
  const callable = tools.filter((tool) => tool.kind !== 'opaque');
  const one = fc.record({
    tool: callable.length > 0 ? fc.constantFrom(...callable) : fc.constant(undefined),
    text: some,
    result: some,
  });
  return fc.tuple(some, fc.array(one, { maxLength: 3 })).map(([text, calls]) => {
    const made = calls.flatMap(({ tool, text: argument, result }) => (tool ? [{ tool, argument, result }] : []));
    const custom = (tool: { kind: string }) => tool.kind === 'custom' && { custom: true };
    return [
      {
        role: 'assistant',
        parts: [
          { type: 'text', text },
          ...made.map(
            ({ tool, argument }): Part => ({
              type: 'toolCall',
              id: '',
              name: tool.name,
              arguments: tool.kind === 'custom' ? argument : JSON.stringify({ input: argument }),
              ...custom(tool),
            }),
          ),
        ],
      },
      ...made.map(
        ({ tool, result }): Turn => ({
          role: 'tool',
          parts: [{ type: 'toolResult', id: '', content: [{ type: 'text', text: result }], ...custom(tool) }],
        }),
      ),
    ];
  });
};

/** Gives calls the ids `call_0`, `call_1` … and the results that follow them the same. */
function numberCalls(turns: Turn[]): Turn[] {
  let calls = 0;
  let results = 0;
  return turns.map((turn) => ({
    ...turn,
    parts: turn.parts.map((each): Part => {
      if (each.type === 'toolCall') return { ...each, id: `call_${calls++}` };
      return each.type === 'toolResult' ? { ...each, id: `call_${results++}` } : each;
    }),
  }));
}

/** A well-formed conversation in the form in which parsers give it, with tools, calls with results, pictures and parameters. */
export const arbitraryConversation: fc.Arbitrary<Conversation> = fc
  .uniqueArray(fc.oneof(functionTool, customTool), {
    maxLength: 3,
    selector: (tool) => (tool.kind === 'opaque' ? '' : tool.name),
  })
  .chain((tools) =>
    fc
      .record({
        system: fc.option(some, { nil: undefined }),
        exchanges: fc.array(fc.tuple(userTurn, assistantTurns(tools)), { maxLength: 3 }),
        last: userTurn,
        stream: fc.boolean(),
        maxOutputTokens: fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined }),
        temperature: fc.option(fc.constantFrom(0, 0.5, 1), { nil: undefined }),
        topP: fc.option(fc.constantFrom(0.5, 1), { nil: undefined }),
        stop: fc.option(fc.array(some, { minLength: 1, maxLength: 2 }), { nil: undefined }),
        effort: fc.option(fc.constantFrom('low', 'medium', 'high'), { nil: undefined }),
        choice: fc.constantFrom<ToolChoice | undefined>(
          undefined,
          { type: 'auto' },
          { type: 'none' },
          { type: 'required' },
        ),
        parallelToolCalls: fc.option(fc.boolean(), { nil: undefined }),
      })
      .map(({ system, exchanges, last, effort, choice, parallelToolCalls, ...rest }): Conversation => {
        const turns = [...exchanges.flatMap(([user, assistant]) => [...user, ...assistant]), ...last];
        const present = Object.fromEntries(
          Object.entries(rest).filter(([, value]) => value !== undefined),
        ) as typeof rest;
        return {
          ...(present as Pick<Conversation, 'stream'>),
          model: 'some-model',
          turns: numberCalls(system ? [{ role: 'system', parts: [{ type: 'text', text: system }] }, ...turns] : turns),
          ...(effort && { reasoning: { effort } }),
          ...(tools.length > 0 && {
            tools,
            ...(choice && { toolChoice: choice }),
            ...(parallelToolCalls !== undefined && { parallelToolCalls }),
          }),
        };
      }),
  );
