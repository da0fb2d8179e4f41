/** Thinking in the messages of a chat body: which fields say it, and what goes back of it. */
import { isOpaqueDetail } from './chatRequest';
import type { EmitTarget } from './codec';
import type { JsonObject, JsonValue, Part } from './conversation';
import { goesBackOver } from './origin';
import { isObject } from './read';

/**
 * Thinking goes back only in the field it came in (S7, c02): what came as tags or from another wire is refused by many.
 * A target that wants it on every call gets all of it in its own field.
 */
export function emitReasoningParts(parts: readonly Part[], target: EmitTarget): JsonObject {
  const own = parts.filter((part) => goesBackOver('chat', part));
  const field = target.thinkingField ?? own.find((part) => part.field)?.field;
  const told = target.thinkingField ? own : own.filter((part) => part.field === field);
  const text = told.map((part) => part.text).join('');
  const fields = {
    ...(field !== undefined && text !== '' && { [field]: text }),
    ...detailFields(own.flatMap((part) => detailsOf(part.encrypted))),
  };
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !target.historyRefuses?.includes(name)));
}

const BLOCKS: ReadonlySet<unknown> = new Set(['thinking', 'redacted_thinking']);

/** Details in the fields they came in: Anthropic's own blocks are LiteLLM's, which wants them signed. */
export function detailFields(details: readonly JsonValue[]): JsonObject {
  const isBlock = (detail: JsonValue): detail is JsonObject => isObject(detail) && BLOCKS.has(detail.type);
  const isOpaque = (detail: JsonValue) => isObject(detail) && detail.type === 'reasoning_opaque';
  const opaque = details.findLast(isOpaque) as JsonObject | undefined;
  const others = details.filter((detail) => !isBlock(detail) && !isOpaque(detail));
  const blocks = details.filter((detail) => isBlock(detail) && isOpaqueDetail(detail));
  return {
    ...(others.length > 0 && { reasoning_details: others }),
    ...(blocks.length > 0 && { thinking_blocks: blocks }),
    ...(opaque && { reasoning_opaque: opaque.data as JsonValue }),
  };
}

/** The reasoning_details or thinking_blocks that a chat upstream sent and wants back unchanged. */
export function detailsOf(encrypted: string | undefined): JsonValue[] {
  if (encrypted === undefined) return [];
  try {
    const value: unknown = JSON.parse(encrypted);
    return Array.isArray(value) ? (value as JsonValue[]) : [];
  } catch {
    return [];
  }
}
