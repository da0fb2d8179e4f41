/** Arbitrary conversations, as messy as clients send them, and the targets they are emitted for. */
import * as fc from 'fast-check';
import type { EmitTarget } from '../../src/wires/codec';
import type {
  Conversation,
  Part,
  ReasoningPart,
  Tool,
  ToolChoice,
  ToolResultPart,
  Turn,
  WireName,
} from '../../src/wires/conversation';
import { carefulTarget } from './emitTarget';
import { arbitraryName } from './wireArbitraries';

export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('', '  ', 'ends with space '));
/** Few, so that calls and results meet, repeat and miss each other; some illegal, some too long, one empty. */
const id = fc.constantFrom('call_1', 'call_2', 'toolu_03', '', 'functions.Ask:1', 'x'.repeat(70), 'fc-4');
const toolName = fc.constantFrom('Read', 'Shell', 'ApplyPatch', 'mcp__find');

const textPart = text.map((value): Part => ({ type: 'text', text: value }));
const imagePart = fc.constantFrom<Part>(
  { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: PNG } },
  { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'low' },
  { type: 'image', source: { kind: 'file', fileId: 'file_abc' } },
);
const filePart = fc.constantFrom<Part>(
  { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBERi0=' }, filename: 'a.pdf' },
  { type: 'file', source: { kind: 'text', text: 'plain' }, filename: 'a.txt' },
);
const reasoningPart = fc.constantFrom<ReasoningPart>(
  { type: 'reasoning', text: 'plain thought' },
  { type: 'reasoning', text: 'signed', signature: 'sig-1', wire: 'messages' },
  { type: 'reasoning', text: '', encrypted: 'sig-redacted', wire: 'messages' },
  { type: 'reasoning', text: 'summary', encrypted: 'enc-1', id: 'rs_1', wire: 'responses' },
  { type: 'reasoning', text: 'unsigned', wire: 'messages' },
  { type: 'reasoning', text: 'by chat', field: 'reasoning_content', wire: 'chat' },
);
const callPart = fc
  .record({
    id,
    name: toolName,
    arguments: fc.constantFrom('{"a":1}', '', '{"cut', '[1]', '*** Begin Patch\n*** End Patch'),
  })
  .map((call): Part => ({ type: 'toolCall', ...call, ...(call.name === 'ApplyPatch' && { custom: true }) }));
const resultPart = fc
  .record({
    id,
    content: fc.array(fc.oneof(textPart, imagePart, filePart) as fc.Arbitrary<ToolResultPart['content'][number]>, {
      maxLength: 3,
    }),
    isError: fc.boolean(),
  })
  .map(({ isError, ...result }): Part => ({ type: 'toolResult', ...result, ...(isError && { isError }) }));
const opaquePart = fc.constantFrom<Part>(
  { type: 'opaque', wire: 'messages', value: { type: 'search_result', source: 'a', title: 'b', content: [] } },
  { type: 'opaque', wire: 'responses', value: { type: 'item_reference', id: 'msg_1' } },
);

const turn: fc.Arbitrary<Turn> = fc.oneof(
  fc
    .array(fc.oneof({ weight: 4, arbitrary: textPart }, imagePart, filePart), { maxLength: 3 })
    .map((parts): Turn => ({ role: 'user', parts })),
  fc
    .array(
      fc.oneof(
        textPart,
        callPart,
        reasoningPart,
        opaquePart,
        text.map((value): Part => ({ type: 'refusal', text: value })),
      ),
      { maxLength: 4 },
    )
    .map((parts): Turn => ({ role: 'assistant', parts })),
  fc.array(resultPart, { minLength: 1, maxLength: 3 }).map((parts): Turn => ({ role: 'tool', parts })),
  fc
    .tuple(fc.constantFrom('system' as const, 'developer' as const), text)
    .map(([role, value]): Turn => ({ role, parts: [{ type: 'text', text: value }] })),
);

const tools: fc.Arbitrary<Tool[] | undefined> = fc.option(
  fc.uniqueArray(
    fc.oneof(
      fc.record({ name: arbitraryName, strict: fc.constantFrom(true, false, null, undefined) }).map(
        ({ name, strict }): Tool => ({
          kind: 'function',
          name,
          description: 'does it',
          parameters: { type: 'object', properties: { a: { type: 'number' } } },
          ...(strict !== undefined && { strict }),
        }),
      ),
      fc.constant<Tool>({
        kind: 'custom',
        name: 'ApplyPatch',
        description: 'patch',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' },
      }),
      fc.constant<Tool>({ kind: 'opaque', wire: 'responses', value: { type: 'web_search' } }),
      fc.constant<Tool>({
        kind: 'opaque',
        wire: 'messages',
        value: { type: 'web_search_20250305', name: 'web_search' },
      }),
    ),
    { selector: (tool) => (tool.kind === 'opaque' ? tool.wire : tool.name), maxLength: 4 },
  ),
  { nil: undefined },
);

function choiceFor(given: Tool[] | undefined, pick: number): ToolChoice | undefined {
  const named = (given ?? []).filter((tool) => tool.kind !== 'opaque');
  const tool = named[pick % Math.max(1, named.length)];
  const choices: (ToolChoice | undefined)[] = [undefined, { type: 'auto' }, { type: 'none' }, { type: 'required' }];
  if (tool) {
    choices.push(
      tool.kind === 'custom' ? { type: 'tool', name: tool.name, custom: true } : { type: 'tool', name: tool.name },
    );
    choices.push(
      { type: 'allowed', mode: 'auto', names: [tool.name] },
      { type: 'allowed', mode: 'required', names: [tool.name] },
    );
  }
  return choices[pick % choices.length];
}

/** Keys whose arbitrary value is undefined are left out. */
const settings = fc.record(
  {
    maxOutputTokens: fc.constantFrom(1, 4096, 64_000),
    temperature: fc.constantFrom(0, 1, 1.7),
    topP: fc.constantFrom(0.5, 1),
    topK: fc.constantFrom(0, 40),
    stop: fc.constantFrom<string[]>(['END'], [' ', 'x']),
    parallelToolCalls: fc.boolean(),
    reasoning: fc.constantFrom(
      { effort: 'high', summary: 'auto' },
      { effort: 'minimal' },
      { effort: 'none' },
      { budgetTokens: 2000, summary: 'auto' },
      { adaptive: true },
      { disabled: true },
    ),
    responseFormat: fc.constantFrom<NonNullable<Conversation['responseFormat']>>(
      { type: 'json_object' },
      {
        type: 'json_schema',
        name: 'out',
        schema: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        strict: true,
      },
    ),
    verbosity: fc.constant('low'),
    serviceTier: fc.constant('priority'),
    user: fc.constant('user-1'),
    metadata: fc.constant({ a: 'b' }),
  },
  { requiredKeys: [] },
);

/** Any conversation: roles in any order, pairs that do not match, empty texts, foreign thinking. */
export const arbitraryConversation: fc.Arbitrary<Conversation> = fc
  .record({
    turns: fc.array(turn, { minLength: 1, maxLength: 8 }),
    tools,
    pick: fc.nat(20),
    settings,
    stream: fc.boolean(),
  })
  .map(({ turns, tools: given, pick, settings: parameters, stream }): Conversation => {
    const toolChoice = choiceFor(given, pick);
    return {
      model: 'asked',
      turns,
      stream,
      ...(given && { tools: given }),
      ...(toolChoice && { toolChoice }),
      ...parameters,
    };
  });

/** A target of each wire, in the variants that presets have. */
export function arbitraryTarget(wire: WireName): fc.Arbitrary<EmitTarget> {
  const reasoningField: fc.Arbitrary<EmitTarget['reasoningField']> =
    wire === 'messages' ? fc.constantFrom('thinking', 'adaptive', 'none') : fc.constantFrom('reasoning_effort', 'none');
  return fc
    .record({
      reasoningField,
      customTools:
        wire === 'messages' ? fc.constant('function' as const) : fc.constantFrom('keep' as const, 'function' as const),
      developerRole: fc.boolean(),
      metadata: fc.boolean(),
      serviceTier: fc.boolean(),
      strictTools: fc.boolean(),
      addCacheControl: fc.boolean(),
      maxOutputTokens: fc.constantFrom(undefined, 1000, 8192, 64_000),
    })
    .map(({ maxOutputTokens, ...changes }) => ({
      ...carefulTarget,
      ...changes,
      maxIdLength: wire === 'chat' ? 40 : 64,
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    }));
}
