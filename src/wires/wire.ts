/** The three API formats, and the field in which a chat backend takes how long to think. */

export type ReasoningField = 'reasoning_effort' | 'reasoning' | 'thinking' | 'adaptive' | 'none';

export const WIRES = ['chat', 'responses', 'messages'] as const;

/** The API format a client or a backend speaks: OpenAI Chat Completions, OpenAI Responses, Anthropic Messages. */
export type Wire = (typeof WIRES)[number];

/** How a request says the most that may be answered, on whichever wire. */
export const OUTPUT_LIMITS: readonly string[] = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

/** Where each is asked, behind the base URL. */
export const WIRE_PATHS: Readonly<Record<Wire, string>> = {
  chat: 'chat/completions',
  responses: 'responses',
  messages: 'messages',
};
