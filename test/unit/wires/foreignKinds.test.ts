/** Every kind that the vendors' SDKs name is decided: a new one in a new version does not compile until it is. */
import assert from 'node:assert/strict';
import type { BetaContentBlockParam } from '@anthropic-ai/sdk/resources/beta/messages/messages';
import type { ContentBlockParam } from '@anthropic-ai/sdk/resources/messages/messages';
import type { ChatCompletionContentPart } from 'openai/resources/chat/completions';
import type { ResponseInputContent, ResponseInputItem } from 'openai/resources/responses/responses';
import { PART_FATES } from '../../../src/wires/foreignKinds';

/** Kinds that a reader turns into a part of the conversation. */
const READ = [
  ...['text', 'image', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result'],
  ...['image_url', 'file', 'input_text', 'input_image', 'input_file'],
  ...['message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output', 'reasoning'],
] as const;
type Read = (typeof READ)[number];

type KindOf<T> = T extends { type?: infer Kind } ? Extract<Kind, string> : never;
type Named = KindOf<
  ContentBlockParam | BetaContentBlockParam | ChatCompletionContentPart | ResponseInputContent | ResponseInputItem
>;
type Undecided = Exclude<Named, Read | keyof typeof PART_FATES>;
/** A kind in the error message of this line wants a line in src/wires/foreignKinds.ts. */
const undecided: Record<Undecided, never> = {};

describe('kinds of parts, blocks and items', () => {
  it('are read or have a fate', () => {
    assert.deepEqual(undecided, {});
    for (const kind of READ) assert.ok(!Object.hasOwn(PART_FATES, kind), kind);
  });
});
