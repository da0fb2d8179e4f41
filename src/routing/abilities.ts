/** What an upstream takes and how it is spoken to: facts that presets hold and settings may overrule. */
import type { ReasoningField } from '../wires/wire';

/** What an upstream can take. Careful values where neither preset nor settings say more. */
export interface Abilities {
  customTools: 'keep' | 'function';
  reasoningField: ReasoningField;
  /** Efforts listed as `id:low` variants; empty lists none. */
  efforts: readonly string[];
  /** Thinking is switched off apart from the effort (a fact of the model, not a setting). */
  thinkingSwitch?: boolean;
  /** Every effort word the model takes, listed or not; absent where nothing is known. */
  effortWords?: readonly string[];
  serviceTier: boolean;
  developerRole: boolean;
  metadata: boolean;
  /** Chat: one system message at the beginning, or any number anywhere. Absent: any. */
  systemMessages?: 'one' | 'any';
  maxOutputTokens?: number;
}

/** How the key travels: `Authorization: Bearer K`, `api-key: K`, `x-api-key: K`, or not at all. */
export type AuthScheme = 'bearer' | 'api-key' | 'x-api-key' | 'none';

/** Facts of a provider that are not settings: they live in the preset. */
export interface Quirks {
  /** Longest tool-call id; Infinity: ids go back exactly as they came. */
  maxIdLength: number;
  /** Schema keywords the provider refuses in tool parameters. */
  refusedSchemaKeys: readonly string[];
  /** Whether `strict: true` on tools is understood. */
  strictTools: boolean;
  /** Field of the output limit on the chat wire. */
  maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** `stream_options.include_usage` is understood (chat wire). */
  streamUsage: boolean;
  /** The provider reserves credit for max_tokens, so a request without one gets this. */
  reserveTokens?: number;
  /** Chat: an answer may not stand last. */
  endsWithUser?: boolean;
  /** Chat: all thinking of the history goes back in this field; without it calls are refused. */
  thinkingField?: 'reasoning_content';
  /** Chat: fields of assistant messages that are refused. */
  historyRefuses?: readonly string[];
  /** Chat: the role developer is refused. */
  developerAsSystem?: boolean;
  /** Chat: `thinking: {"type": "disabled"}` switches thinking off. */
  thinkingSwitch?: boolean;
  /** Chat: a forced tool choice is refused beside thinking, which is switched off for it (N36). */
  forcedChoice?: 'silent';
  /** Messages: the model thinks unless it is told not to. */
  thinksUnasked?: true;
  /** Messages: what is taken in place of `disabled`; `never`: nothing, it always thinks. */
  thinkingOff?: 'never' | 'between_tools';
  /** Messages: thinking of the history is refused once anything before it has changed, unless asked to leave it out. */
  bindsThinking?: true;
  /** Chat: no `json_schema`; the schema goes into the prompt, `json_object` takes its place. */
  jsonSchema?: 'prompt';
  /** A temperature of 0 is refused. */
  aboveZero?: boolean;
  /** Chat: Anthropic's cache marks are led to its models (wires/chatCache.ts). */
  cacheMarks?: true;
  /** Most stop sequences on the chat wire; the text is cut here at the others. */
  maxStops?: number;
  /** Requests go to `{baseUrl}/deployments/{model}/…` (Azure deployment style). */
  deploymentPaths: boolean;
}
