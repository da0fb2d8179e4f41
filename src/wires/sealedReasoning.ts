/**
 * What a provider wants back with its thinking (signature, encrypted text) travels through clients of another wire as
 * an opaque text with our mark in front, in the field where that wire keeps its own. A client that returns thinking
 * (Claude Code, Codex CLI) so carries it for us; on the way back it goes only to the wire it belongs to (S7).
 */
import { Buffer } from 'node:buffer';
import type { ReasoningPart, WireName } from './conversation';
import { parseObject, stringOf } from './read';

/** Begins every sealed text. A same-wire body that contains it must be translated, not passed on. */
export const SEAL_MARK = 'llmrouter.v1.';

type Sealed = Pick<ReasoningPart, 'signature' | 'encrypted' | 'id' | 'field' | 'wire' | 'origin'>;

/** Text for the opaque field of another wire; undefined when there is nothing to carry. */
export function sealReasoning(part: Sealed): string | undefined {
  const { wire, signature, encrypted, id, field, origin } = part;
  if (!wire || (signature === undefined && encrypted === undefined && field === undefined)) return undefined;
  const fields = { wire, signature, encrypted, id, field, origin };
  return SEAL_MARK + Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** The fields of a sealed text; undefined when the text is a provider's own. A damaged seal carries nothing. */
export function unsealReasoning(text: string): Sealed | undefined {
  if (!text.startsWith(SEAL_MARK)) return undefined;
  const fields = parseObject(Buffer.from(text.slice(SEAL_MARK.length), 'base64url').toString('utf8'));
  const wire = stringOf(fields?.wire);
  if (!fields || (wire !== 'chat' && wire !== 'responses' && wire !== 'messages')) return {};
  const sealed: Sealed = { wire: wire satisfies WireName };
  for (const key of ['signature', 'encrypted', 'id', 'field', 'origin'] as const) {
    const value = stringOf(fields[key]);
    if (value !== undefined) sealed[key] = value;
  }
  return sealed;
}
