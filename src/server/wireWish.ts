/** What of a client's request decides about the wire, whichever form the body has (routing/wireChoice.ts). */
import type { Target } from '../routing/backend';
import type { WireWish } from '../routing/wireChoice';
import type { ClientRequest } from './clientRequest';

/** Only chat completions carry these; most are tuning elsewhere, here they are what the client came for. */
const ONLY_CHAT = ['logprobs', 'top_logprobs', 'audio', 'modalities', 'web_search_options', 'prediction'];

/** Signs of calls in the history, in the words of the three wires, and of tools that stand there themselves (Codex). */
const CALLS = ['"tool_calls"', '"function_call"', '"tool_use"', '"custom_tool_call"', '"additional_tools"'];

export function wishOf(request: ClientRequest, target: Target): WireWish {
  const { bytes } = request;
  const asks = (key: string): boolean => {
    const kind = request.entry(key)?.kind;
    return kind !== undefined && kind !== 'null' && request.value(key) !== false;
  };
  const tools = request.entry('tools')?.kind === 'array' && (request.value('tools') as unknown[]).length > 0;
  const effort = target.variantEffort ?? writtenEffort(request) ?? target.suffixEffort;
  return {
    // A summary without tools in the middle of a conversation stays where its cache lies.
    tools: tools || CALLS.some((word) => bytes.includes(word)),
    ...(effort !== undefined && { effort }),
    onlyChat: ONLY_CHAT.some(asks) || Number(request.value('n') ?? 1) > 1,
  };
}

/** An effort in any of the fields clients use; a thinking budget counts as one. */
function writtenEffort(request: ClientRequest): string | undefined {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const inside = (key: string): string | undefined => {
    const value = request.entry(key)?.kind === 'object' ? (request.value(key) as { effort?: unknown }) : undefined;
    return text(value?.effort);
  };
  const flat = request.entry('reasoning_effort') && text(request.value('reasoning_effort'));
  const thinks = request.entry('thinking')?.kind === 'object' || request.entry('reasoning')?.kind === 'object';
  return flat ?? inside('reasoning') ?? inside('output_config') ?? (thinks ? 'medium' : undefined);
}
