/**
 * Gemini's signature beside a call of chat. Its own endpoint has it in `extra_content`; LiteLLM in a field of its own, and in
 * the call's id, which is too long for others (LiteLLM#16895, #25322). It goes back where it stood, so the place is kept with it.
 */
import type { JsonObject } from './conversation';
import { filledString, objectOf } from './read';

const FIELD = 'provider_specific_fields';
const MARK = `${FIELD}:`;

export function readThoughtSignature(call: JsonObject): string | undefined {
  const google = filledString(objectOf(objectOf(call.extra_content)?.google)?.thought_signature);
  if (google !== undefined) return google;
  const own = objectOf(call[FIELD]) ?? objectOf(objectOf(call.function)?.[FIELD]);
  const signature = filledString(own?.thought_signature);
  return signature && MARK + signature;
}

export function signatureFields(signature: string): JsonObject {
  return signature.startsWith(MARK)
    ? { [FIELD]: { thought_signature: signature.slice(MARK.length) } }
    : { extra_content: { google: { thought_signature: signature } } };
}
