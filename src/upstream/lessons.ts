/**
 * Learning from refusals (issue 15 §4): what a 400 says about a parameter becomes one change of the next try. Read here, purely;
 * lessonEdits.ts makes the change, lessonStore.ts keeps what helped. Whatever carries content or binds the answer never goes.
 */
import type { Said } from '../said';
import type { ApiFailure, JsonObject, JsonValue } from '../wires/conversation';
import { filesIn, picturesIn } from '../wires/pictures';
import { entryOf } from '../wires/read';
import { schemasIn } from '../wires/schemaPlaces';
import { BLOCK_BINDING, historyThinks } from '../wires/thinkingBlocks';
import { OUTPUT_LIMITS } from '../wires/wire';
import { keywordOf, refusedKeywords, schemaField } from './schemaLessons';
import { say } from './sentences';

export interface Lesson {
  /** Place in the body as `temperature`, `reasoning.summary`, `messages[].reasoning_content`; `pictures` and `schema.format` wherever they stand. */
  field: string;
  do: 'drop' | 'set' | 'rename';
  /** The one allowed value, or the other name. */
  to?: string | number;
  /** The refusal speaks of every request to this model, not of this one: worth remembering once it helped. */
  lasting: boolean;
}

/** In the place of a field: pictures, wherever they stand, which become words (wires/pictures.ts). */
export const PICTURES = 'pictures';
export const LEAVE_OUT_PICTURES: Lesson = { field: PICTURES, do: 'drop', lasting: true };

/** In the place of a field: files, wherever they stand, which become words too. */
export const FILES = 'files';
const LEAVE_OUT_FILES: Lesson = { field: FILES, do: 'drop', lasting: true };

/** In the place of a field: all thinking of a history of Messages or Responses (wires/thinkingBlocks.ts), for this request. */
export const THINKING_BLOCKS = 'thinking blocks';
const LEAVE_OUT_THINKING: Lesson = { field: THINKING_BLOCKS, do: 'drop', lasting: false };
/**
 * Anthropic: "messages.1.content.0: Invalid `signature` in `thinking` block", also of one that is bound to a different
 * conversation, model or account ("Preserved thinking"); "`thinking` … blocks in the latest assistant message cannot be modified".
 */
const UNREADABLE =
  /invalid `signature` in `(?:redacted_)?thinking` block|`thinking`[^.]{0,60} blocks in the latest assistant message cannot be modified/i;

/**
 * OpenAI, of reasoning that another account or model sealed, or that its items lean on: "The encrypted content for item rs_… could
 * not be verified" (openai/codex#8134, bifrost#5186), "Item 'fc_…' of type 'function_call' was provided without its required
 * 'reasoning' item" (gbrain#4513), "… 'reasoning' was provided without its required following item" (openai/codex#1235), "Item with
 * id 'rs_…' not found" (bifrost#5410), "Reasoning input items can only be provided to …" (openai-agents-python#569).
 */
const UNREADABLE_ITEM =
  /encrypted content [^.]{0,120}(?:could not be (?:verified|decrypted)|did not match)|provided without its required (?:'reasoning'|following) item|item with id '(?:rs|fc|msg|ws)_[^']{0,120}' not found|reasoning input items can only be provided/i;

/**
 * Bedrock and relays in front of it: "invalid beta flag" (litellm#41203, CLIProxyAPI#4750); Vertex and others: "Unexpected
 * value(s) `x` for the `anthropic-beta` header". The flag goes with the field that needs it.
 */
const UNKNOWN_BETA = /invalid beta flag|for the `anthropic-beta` header/i;

/** Changes that one refusal may ask for: pydantic lists everything it does not know. */
const MOST_CHANGES = 8;
/** Characters of a refusal that are read. */
const MOST_TEXT = 2_000;

/** Content, tools, form, number and end of the answer, and where it may be made: a refusal of these is told as it is. */
const NEVER: ReadonlySet<string> = new Set([
  ...['model', 'models', 'messages', 'input', 'system', 'instructions', 'prompt', 'suffix', 'contents', 'prediction'],
  ...['tools', 'functions', 'function_call', 'mcp_servers', 'container', 'plugins', 'web_search_options'],
  // Sources of the answer (Azure, Cohere, xAI, Qwen), and how often it may call.
  ...['data_sources', 'documents', 'search_parameters', 'enable_search', 'max_tool_calls'],
  ...['response_format', 'text', 'output_config', 'output_format', 'format', 'json_schema', 'structured_outputs'],
  ...['grammar', 'guided_json', 'guided_regex', 'guided_choice', 'guided_grammar', 'logprobs', 'top_logprobs'],
  ...['stop', 'stop_sequences', 'n', 'stream', 'modalities', 'audio', 'previous_response_id', 'conversation'],
  ...[
    'background',
    'provider',
    'safety_settings',
    'safetySettings',
    'guardrails',
    'moderation',
    'schema',
    ...OUTPUT_LIMITS,
  ],
]);
/** Inside a field that never goes as a whole, these only tune; of a choice of tools nothing else may go. */
const TUNES_INSIDE: ReadonlySet<string> = new Set([
  'text.verbosity',
  'output_config.effort',
  'tool_choice.disable_parallel_tool_use',
]);

const THOUGHT = 'thought_signature|extra_content|signature|cache_control';
/** Of the history only what carries thinking, ids or cache marks. */
const OF_HISTORY: readonly RegExp[] = [
  new RegExp(
    `^(messages|input)\\[\\]\\.(id|reasoning|reasoning_content|reasoning_details|reasoning_text|thinking|thinking_blocks|encrypted_content|${THOUGHT})$`,
  ),
  new RegExp(`^(messages|input)\\[\\]\\.(content|tool_calls)\\[\\]\\.(${THOUGHT})$`),
  /^system\[\]\.cache_control$/,
  /^tools\[\](\.function)?\.cache_control$/,
];

/** Whether this place may be dropped or set; `value` as it stands in the body. */
export function mayChange(field: string, value: JsonValue | undefined): boolean {
  if (field.includes('[]')) return OF_HISTORY.some((form) => form.test(field));
  if (TUNES_INSIDE.has(field)) return true;
  const [top = '', ...inner] = field.split('.');
  if (NEVER.has(top) || inner.length > 2) return false;
  // "auto" is what everybody does without the field; any other choice was the client's.
  if (top === 'tool_choice') return inner.length === 0 && value === 'auto';
  return !(field === 'store' && value === false);
}

const PATH = '[`\'"\\[{(]{0,2}([a-zA-Z_][\\w.[\\]-]{0,200})[`\'"]?';
const WHAT = '(?:parameter|param|argument|field|property|key|input)';

interface Form {
  pattern: RegExp;
  /** Groups that make the path; the last one is the name. Default: the first group. */
  path?: readonly number[];
  /** Nothing but this value is taken. */
  value?: number;
}
const form = (pattern: string, more: Omit<Form, 'pattern'> = {}): Form => ({
  pattern: new RegExp(pattern, 'gi'),
  ...more,
});

/** How providers say what they do not take; the source stands behind each. The first form that fits the body counts. */
const FORMS: readonly Form[] = [
  // Kimi: "invalid temperature: only 1 is allowed for this model".
  form(`invalid ${PATH}: only ([\\d.]{1,8}) is allowed`, { value: 2 }),
  // OpenAI unsupported_value: "'x' does not support 0.2 with this model. Only the default (1) value is supported."
  form(`${PATH} does not support [^.]{0,40}(?:\\.\\d+)?[^.]{0,60}\\. only the default`),
  // OpenAI: "Unsupported value: 'verbosity' does not support 'low' with this model. Supported values are: 'medium'."
  form(
    `${PATH} does not support [^.]{1,80}\\. supported values are: ['"\`]([\\w-]{1,32})['"\`](?! ?(?:,|and|or)\\b| ?,)`,
    { value: 2 },
  ),
  // Anthropic: "`temperature` may only be set to 1 when thinking is enabled".
  form(`${PATH} may only be set to ([\\d.]{1,8}) when`, { value: 2 }),
  // OpenAI: "'parallel_tool_calls' is only allowed when 'tools' are specified."
  form(`${PATH} is only (?:allowed|supported) when`),
  // Gemini: `Unknown name "x" at 'messages[1]': Cannot find field.`
  form(`unknown name ${PATH}(?: at ${PATH})?`, { path: [2, 1] }),
  // Groq: "('messages.2' : property 'reasoning_content' is unsupported)"; Cerebras writes the whole path as the property.
  form(`${PATH} ?: property ${PATH} is unsupported`, { path: [1, 2] }),
  // vLLM prints pydantic's list: "'type': 'extra_forbidden', 'loc': ('body', 'top_k')".
  form(`extra_forbidden['"], ['"]loc['"]: [([]([^)\\]]{1,200})[)\\]]`),
  // pydantic (Mistral, Anthropic): "body.messages.1.assistant.reasoning_content: Extra inputs are not permitted".
  form(`${PATH}: extra (?:inputs|fields) (?:are )?not permitted`),
  // Fireworks: "Extra inputs are not permitted, field: 'x'".
  form(`extra inputs are not permitted,? ?field: ${PATH}`),
  // OpenAI: "Unknown parameter: 'x'.", "Unsupported parameter: 'x' is not supported …", "Unrecognized request argument supplied: x".
  form(
    `(?:unknown|unsupported|unrecognized|unexpected|extraneous) (?:request )?(?:keyword )?${WHAT}(?:s|\\(s\\))?(?: supplied| in object)?:? ${PATH}`,
  ),
  // xAI: "Argument not supported on this model: presencePenalty".
  form(`${WHAT}s? not supported(?: on this model)?: ${PATH}`),
  // JSON schema in Python: "Additional properties are not allowed ('x' was unexpected)".
  form(`additional properties are not allowed \\(${PATH} w(?:as|ere) unexpected`),
  // LiteLLM, xAI, Ollama: "does not support parameters: ['x']", "does not support parameter x", "does not support thinking".
  form(`does not support (?:the |this )?(?:${WHAT}s?:? )?${PATH}`),
  // Groq, Anthropic: "`x` is not supported with this model", "`temperature` is deprecated for this model".
  form(
    `${PATH} ?(?:${WHAT} )?(?:is|are) (?:unsupported|unknown|deprecated|not (?:yet )?(?:supported|permitted|allowed))`,
  ),
];
/** These read any word before "is not supported": what they say about a value is the client's own error. */
const LOOSE_FORMS = 2;

const ABOUT_A_VALUE =
  /unsupported value|invalid value|must be|between|out of range|(?:less|greater|more) than|at (?:most|least)|maximum|minimum|supported values|one of/i;
const EXISTENCE =
  /unsupported|not (?:yet )?supported|unknown|unrecognized|unexpected|does not support|not permitted|not allowed|deprecated|extraneous/i;
const ONLY_DEFAULT = /only the default/i;
/** "…with this model" is a fact of the model; "…with tools", "when …" is one of the request. */
const CONDITION =
  /\b(?:when|while|unless|together|both|combination|combined|without|conflicts?|mutually)\b|\b(?:if|with) (?!this model|the (?:selected|current|requested|given) model|model\b)/i;
const NOT_VERIFIED = /must be verified to/i;

/** Words for what several fields ask for, or for a field that the refusal does not name. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  thinking: ['thinking', 'reasoning_effort', 'reasoning', 'think'],
  reasoning: ['reasoning', 'reasoning_effort', 'thinking'],
  think: ['think', 'reasoning_effort', 'reasoning', 'thinking'],
  effort: ['reasoning_effort', 'reasoning.effort', 'output_config.effort'],
  verbosity: ['verbosity', 'text.verbosity'],
  content: ['include'],
};

/**
 * How providers say that a model cannot see, wherever a picture stands in the conversation; the status is any of these. A format
 * or a size that is refused is another matter: that model sees.
 */
const CANNOT_SEE: readonly RegExp[] = [
  // DeepSeek and other servers in Rust: "messages[3]: unknown variant `image_url`, expected `text`".
  /unknown variant [`'"](?:image|image_url|input_image)[`'"], expected/i,
  // Ollama: "this model does not support image input"; LM Studio: "Model does not support images."
  /\bmodel\b[^.]{0,80}\b(?:does not|doesn't|do not|cannot) support (?:image|vision)(?:s\b| ?inputs?\b| understanding|[.!,]|$)/i,
  // OpenRouter, 404: "No endpoints found that support image input".
  /no endpoints found that support image/i,
  // llama.cpp, 500: "image input is not supported - hint: … you may need to provide the mmproj"; Mistral: "Image input is not enabled for this model".
  /\bimage inputs? (?:is|are) not (?:supported|enabled|available)/i,
  // OpenAI: "Invalid content type. image_url is only supported by certain models."
  /\bimage_url is only supported by certain models/i,
  // vLLM: "… is not a multimodal model".
  /\bis not a multimodal model/i,
];
/**
 * How providers say that they take no files, in whose place Claude Code's Read tool and chat clients put PDFs: each later turn would be
 * refused (free-claude-code#357, kimi-code#2378). What is said of the format or size of one is another matter.
 */
const CANNOT_READ: readonly RegExp[] = [
  // DeepSeek and other servers in Rust.
  /unknown variant [`'"](?:file|input_file|document)[`'"], expected/i,
  // vLLM; llama.cpp, which knows texts, pictures and sound.
  /unknown (?:content )?part type: ['"]?(?:file|input_file|document)\b|unsupported content\[\]\.type/i,
  // OpenAI and those who copy its words: "Invalid value: 'file'. Supported values are: 'text', 'image_url' …".
  /invalid value: ['"](?:file|input_file|document)['"]\. supported values are/i,
  /\bmodel\b[^.]{0,80}\b(?:does not|doesn't|do not|cannot) support (?:pdf|file|document)(?:s\b| files?\b| ?inputs?\b|[.!,]|$)/i,
  /no endpoints found that support (?:file|pdf)/i,
];
const CANNOT_SEE_STATUS: ReadonlySet<number> = new Set([400, 404, 415, 422, 500, 501]);

/** Refusals that speak of parameters; anything else has another remedy. */
const KINDS: ReadonlySet<string> = new Set(['badRequest', 'notFound', 'contextLength']);

/**
 * What to change in `body`, the one that was refused, before one more try; empty when the refusal is to be told.
 * @param body parsed only when the words of the refusal call for it.
 */
export function lessonsOf(failure: ApiFailure, body: () => JsonObject): Lesson[] {
  const { status, kind } = failure;
  if (says(failure, CANNOT_READ) && filesIn(Buffer.from(JSON.stringify(body()))).length > 0) return [LEAVE_OUT_FILES];
  if (says(failure, CANNOT_SEE))
    return picturesIn(Buffer.from(JSON.stringify(body()))).length > 0 ? [LEAVE_OUT_PICTURES] : [];
  const ofThinking = failure.own || status !== 400 ? undefined : lessonOfThinking(failure, body);
  if (ofThinking) return [ofThinking];
  if (failure.own || (status !== 400 && status !== 422) || !KINDS.has(kind ?? 'badRequest')) return [];
  const lessons = ofSchemas(failure, body);
  const told = readRefusal(failure);
  if (told.length === 0) return lessons.slice(0, MOST_CHANGES);
  const sent = body();
  for (const { paths, value, lasting } of told) {
    const lesson = firstThatFits(sent, paths, value, lasting, failure.message);
    if (lesson && !lessons.some(({ field }) => field === lesson.field)) lessons.push(lesson);
  }
  return lessons.slice(0, MOST_CHANGES);
}

function lessonOfThinking({ message, code }: ApiFailure, body: () => JsonObject): Lesson | undefined {
  const text = message.slice(0, MOST_TEXT);
  const refused = UNREADABLE.test(text) || UNREADABLE_ITEM.test(text) || code === 'invalid_encrypted_content';
  if (refused && historyThinks(body())) return LEAVE_OUT_THINKING;
  return UNKNOWN_BETA.test(text) && placeIn(body(), BLOCK_BINDING)
    ? { field: BLOCK_BINDING, do: 'drop', lasting: true }
    : undefined;
}

/** Tools that nobody asked to be strict may use the keyword. */
const OF_STRICT = /\bstrict\b/i;

/** A provider that lists all it does not know may name keywords and parameters at once. */
function ofSchemas(failure: ApiFailure, body: () => JsonObject): Lesson[] {
  const text = failure.message.slice(0, MOST_TEXT);
  const keywords = refusedKeywords(failure, text, () =>
    schemasIn(Buffer.from(JSON.stringify(body()))).map(({ schema }) => schema),
  );
  return keywords.map((keyword) => ({ field: schemaField(keyword), do: 'drop', lasting: !OF_STRICT.test(text) }));
}

function says({ own, status, message }: ApiFailure, forms: readonly RegExp[]): boolean {
  const text = message.slice(0, MOST_TEXT);
  return !own && CANNOT_SEE_STATUS.has(status) && forms.some((form) => form.test(text));
}

interface Told {
  /** Where it may stand in the body, the likeliest first. */
  paths: string[];
  value?: string;
  lasting: boolean;
}

function readRefusal({ message, param, code }: ApiFailure): Told[] {
  const text = message.slice(0, MOST_TEXT);
  const lasting = !CONDITION.test(text) || NOT_VERIFIED.test(text);
  const ofParam = param ? readParam(param, code, text, lasting) : undefined;
  if (ofParam) return [ofParam];
  const value = ABOUT_A_VALUE.test(text) && !ONLY_DEFAULT.test(text);
  for (const [at, one] of FORMS.entries()) {
    if (value && at >= FORMS.length - LOOSE_FORMS) return [];
    const matches = [...text.matchAll(one.pattern)].slice(0, MOST_CHANGES);
    const told = matches.map((match) => toldBy(match, one, lasting));
    if (told.length > 0) return told;
  }
  return [];
}

/** OpenAI's `param`; undefined where the words say more, or speak of a value. */
function readParam(param: string, code: string | null | undefined, text: string, lasting: boolean): Told | undefined {
  const paths = meanings(param);
  if (/^(unsupported_parameter|unknown_parameter)$/.test(code ?? '')) return { paths, lasting };
  if (ONLY_DEFAULT.test(text) || NOT_VERIFIED.test(text)) return { paths, lasting };
  if (code === 'unsupported_value' || ABOUT_A_VALUE.test(text)) return undefined;
  return EXISTENCE.test(text) ? { paths, lasting } : undefined;
}

function toldBy(match: RegExpMatchArray, { path = [1], value }: Form, lasting: boolean): Told {
  const parts = path.flatMap((group) => match[group] ?? []);
  const name = parts.at(-1)!;
  const joined = parts.join('.');
  const paths = joined === name ? meanings(name) : [joined, ...meanings(name)];
  return { paths, lasting, ...(value !== undefined && { value: match[value] }) };
}

/** The name as it stands, as snake_case where a provider tells it otherwise (xAI), and what else it may mean. */
function meanings(name: string): string[] {
  const snake = name.replace(/[a-z][A-Z]/g, ([a, b]) => `${a}_${b?.toLowerCase()}`);
  return [...new Set([name, snake, ...(entryOf(MEANT, name.toLowerCase().replace(/\.$/, '')) ?? [])])];
}

function firstThatFits(
  body: JsonObject,
  paths: readonly string[],
  value: string | undefined,
  lasting: boolean,
  message: string,
): Lesson | undefined {
  for (const path of paths) {
    const found = placeIn(body, path);
    if (!found) continue;
    if (OUTPUT_LIMITS.includes(found.field)) return renamed(body, found.field, message, lasting);
    if (!mayChange(found.field, found.value)) return undefined;
    if (value === undefined) return { field: found.field, do: 'drop', lasting };
    const to = typeof found.value === 'number' ? Number(value) : value;
    const fits = typeof to === typeof found.value && to !== found.value && !Number.isNaN(to);
    return fits ? { field: found.field, do: 'set', to, lasting } : undefined;
  }
  return undefined;
}

/** An output limit is never lost: it goes on under the name the provider asks for, or the other one of chat. */
function renamed(body: JsonObject, field: string, message: string, lasting: boolean): Lesson | undefined {
  const asked = OUTPUT_LIMITS.find(
    (name) => name !== field && new RegExp(`(?:use|instead)[^.]{0,20}\\b${name}\\b`, 'i').test(message),
  );
  const other = 'messages' in body ? OUTPUT_LIMITS.find((name) => name !== field) : 'max_output_tokens';
  const to = asked ?? other;
  if (to === undefined || to === field || ABOUT_A_VALUE.test(message)) return undefined;
  return { field, do: 'rename', to, lasting };
}

/** Names that are written into stories, headers and the file. */
const NAME = /^[\w$-]{1,64}$/;

/**
 * The place that a refusal's path means: its segments as far as the body has them, for unions put in tags of their own
 * (`messages.1.assistant.…`, `body.…`). Undefined where the body does not have the last one.
 */
function placeIn(body: JsonObject, path: string): { field: string; value: JsonValue | undefined } | undefined {
  let at: JsonValue | undefined = body;
  const steps: { name: string; value: JsonValue | undefined }[] = [];
  let reached = false;
  const segments = path.split(/[.[\]'"`, ]+/).filter(Boolean);
  for (const [index, segment] of segments.entries()) {
    reached = false;
    if (Array.isArray(at) && /^\d{1,6}$/.test(segment)) {
      at = at[Number(segment)];
      steps.push({ name: '[]', value: at });
      reached = at !== undefined;
    } else if (typeof at === 'object' && at !== null && !Array.isArray(at) && Object.hasOwn(at, segment)) {
      if (!NAME.test(segment)) return undefined;
      const inside: JsonValue | undefined = at[segment];
      // A tag may be spelt like a text that stands there ("content.0.text.cache_control").
      if (index < segments.length - 1 && (typeof inside !== 'object' || inside === null)) continue;
      at = inside;
      steps.push({ name: segment, value: at });
      reached = true;
    }
  }
  // "thinking.type.enabled" names a value: what has a type goes as a whole.
  const ofType = !reached && segments.at(-2) === 'type';
  while (steps.at(-1)?.name === 'type' || steps.at(-1)?.name === '[]') steps.pop();
  const last = steps.at(-1);
  if (!last || !(reached || ofType)) return undefined;
  const field = steps.map(({ name }, index) => (name === '[]' ? name : index > 0 ? `.${name}` : name)).join('');
  return { field, value: last.value };
}

/** What was done, in words for the story of the request. */
export function lessonSaid({ field, do: what, to }: Lesson): Said {
  const keyword = keywordOf(field);
  if (keyword !== undefined) return say.schemasWithout(keyword);
  if (field === PICTURES) return say.picturesLeftOut;
  if (field === FILES) return say.filesLeftOut;
  if (field === THINKING_BLOCKS) return say.thinkingLeftOut;
  if (what === 'drop') return say.dropped(field);
  return what === 'set' ? say.set(field, String(to)) : say.renamed(field, String(to));
}

export const lessonWords = (lesson: Lesson): string => lessonSaid(lesson).text;
