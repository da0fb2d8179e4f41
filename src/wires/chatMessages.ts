/**
 * Rules of some targets about the list of chat messages as a whole: one system message at the beginning, and the last
 * word to the user. Both keep the beginning of a growing history as it is, so prompt caches hold.
 */
import type { JsonObject, JsonValue } from './conversation';
import { arrayOf, isObject, stringOf } from './read';

export interface MessageRules {
  /** Templates of local servers refuse a second or later one (vllm#41114, opencode#15059, MiniMax-M2#51). */
  systemMessages?: 'one';
  /** The last message is no answer to be continued (mistral-common validator, error 3230). */
  endsWithUser?: boolean;
}

/** Words for the story of a request. */

const SYSTEM_ROLES: ReadonlySet<unknown> = new Set(['system', 'developer']);

export function isSystemRole(role: unknown): boolean {
  return SYSTEM_ROLES.has(role);
}

/** How many messages lead with system text. */
export function leadingSystem(roles: readonly unknown[]): number {
  const end = roles.findIndex((role) => !isSystemRole(role));
  return end < 0 ? roles.length : end;
}

/** Whether the roles keep the rule of one system message. */
export function hasOneSystem(roles: readonly unknown[]): boolean {
  return roles.every((role, at) => at === 0 || !isSystemRole(role));
}

/** The leading run as one system message. */
export function joinSystem(messages: readonly JsonObject[]): JsonObject {
  const texts = messages.map(({ content }) => textOf(content)).filter((text) => text !== '');
  return { role: 'system', content: texts.join('\n\n') };
}

function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  return arrayOf(content)
    .map((part) => (isObject(part) ? (stringOf(part.text) ?? '') : ''))
    .join('\n');
}

/** Whether an answer stands last that no client feature asks to be continued (`prefix` of Mistral). */
export function endsWithAnswer(last: JsonObject | undefined): boolean {
  return last?.role === 'assistant' && last.prefix !== true && !Array.isArray(last.tool_calls);
}

export const CONTINUE: JsonObject = { role: 'user', content: 'Continue.' };

/** The messages as the target takes them; the same list when nothing is to be changed. */
export function fitMessages(messages: JsonObject[], rules: MessageRules): JsonObject[] {
  let fitted = messages;
  const roles = messages.map(({ role }) => role);
  if (rules.systemMessages === 'one' && !hasOneSystem(roles)) {
    const lead = leadingSystem(roles);
    const later = messages.slice(lead).map((one) => (isSystemRole(one.role) ? { ...one, role: 'user' } : one));
    fitted = lead > 0 ? [joinSystem(messages.slice(0, lead)), ...later] : later;
  }
  return rules.endsWithUser && endsWithAnswer(fitted.at(-1)) ? [...fitted, CONTINUE] : fitted;
}
