/**
 * What only one wire has a form for, and what becomes of it elsewhere: a decision for each kind that the vendors' APIs
 * name. A test holds the lists against the SDKs' types, so that a new kind does not compile until it is decided here.
 */
import type { JsonObject } from './conversation';
import { arrayOf, filledString } from './read';

/**
 * `text`: its words stand in its place. `refuse`: a 400, since without it the request means something else. `leave`: it
 * only tunes. `call`: a call or its result, which other wires have in a form of their own (namespaces.ts).
 */
export type Fate = 'text' | 'refuse' | 'leave' | 'call';

/** Blocks, content parts and items that no reader turns into a part of the conversation. */
export const PART_FATES = {
  // Chat
  input_audio: 'refuse',
  // Messages
  document: 'text',
  search_result: 'text',
  server_tool_use: 'text',
  web_search_tool_result: 'text',
  web_fetch_tool_result: 'text',
  advisor_tool_result: 'text',
  code_execution_tool_result: 'text',
  bash_code_execution_tool_result: 'text',
  text_editor_code_execution_tool_result: 'text',
  tool_search_tool_result: 'text',
  mcp_tool_use: 'text',
  mcp_tool_result: 'text',
  mcp_tool_listing: 'text',
  container_upload: 'refuse',
  // Where a conversation has them, they have become its list of tools before (toolChanges.ts).
  tool_addition: 'refuse',
  tool_removal: 'refuse',
  fallback: 'leave',
  // Messages tells its summary in words, Responses seals it: `fateOf` looks.
  compaction: 'text',
  // Responses
  file_search_call: 'text',
  web_search_call: 'text',
  image_generation_call: 'text',
  code_interpreter_call: 'text',
  mcp_call: 'text',
  mcp_list_tools: 'text',
  mcp_approval_request: 'text',
  mcp_approval_response: 'text',
  program: 'text',
  program_output: 'text',
  additional_tools: 'refuse',
  compaction_trigger: 'refuse',
  agent_message: 'text',
  item_reference: 'call',
  computer_call: 'call',
  computer_call_output: 'call',
  tool_search_call: 'call',
  tool_search_output: 'call',
  local_shell_call: 'call',
  local_shell_call_output: 'call',
  shell_call: 'call',
  shell_call_output: 'call',
  apply_patch_call: 'call',
  apply_patch_call_output: 'call',
} as const satisfies Record<string, Fate>;

/** Top-level fields that must not be left out: they hold state, tools or a form of the answer. */
export const FIELD_FATES = {
  thread: 'refuse',
  container: 'refuse',
  mcp_servers: 'refuse',
  background: 'refuse',
  prompt: 'refuse',
  tool_choice: 'refuse',
  response_format: 'refuse',
  web_search_options: 'refuse',
  audio: 'refuse',
} as const satisfies Record<string, Fate>;

/** Fields that chat and Responses both know and the conversation has no name for. */
export const SHARED_FIELDS: readonly string[] = ['prompt_cache_key', 'safety_identifier'];

/** @param asked it stands in what the user says: what nobody knows there must not be lost. */
export function fateOf(value: JsonObject, asked: boolean): Fate {
  const type = filledString(value.type);
  if (type === undefined || !Object.hasOwn(PART_FATES, type)) return asked ? 'refuse' : 'text';
  if (type === 'compaction' && filledString(value.content) === undefined && arrayOf(value.content).length === 0)
    return 'refuse';
  return PART_FATES[type as keyof typeof PART_FATES];
}

/** The kind as it may stand in a story or a sentence: a name of an API, never somebody's text. */
export function kindName(type: unknown): string {
  return typeof type === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(type) ? type : 'an unknown kind';
}
