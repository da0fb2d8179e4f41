/**
 * Refusals that name a keyword of a schema (issue 15 §4): it is written in another way or told in the description from then on
 * (wires/schemaRepair.ts). What gives a value its shape never goes.
 */
import type { ApiFailure, JsonObject } from '../wires/conversation';
import { usesKeyword } from '../wires/schema';
import { LESSER_KEYWORDS, SHAPE_KEYWORDS } from '../wires/schemaKeywords';

/** In the place of a field: a keyword, in whatever schema of the request it stands. */
const IN_SCHEMAS = 'schema.';

export function schemaField(keyword: string): string {
  return IN_SCHEMAS + keyword;
}

/** The keyword that this place of a lesson means; undefined for places in the body, and for what never goes. */
export function keywordOf(field: string): string | undefined {
  const keyword = field.startsWith(IN_SCHEMAS) ? field.slice(IN_SCHEMAS.length) : '';
  return LESSER_KEYWORDS.has(keyword) ? keyword : undefined;
}

/** The refusal is about a schema, and not about a parameter that is called like a keyword. */
const OF_A_SCHEMA =
  /schema|function_?declarations|\b(?:tools|functions)[.[]\d|\bfunction\.parameters|\bresponse_format\b|\btext\.format\b/i;

const QUOTE = `[\\\\'"\`]{0,2}`;
const WORD = `${QUOTE}\\$?[A-Za-z]{2,24}${QUOTE}`;
const WORDS = `(${WORD}(?:(?:, ?(?:and )?| and | or )${WORD}){0,15})`;
const THING = '(?:keyword|field|property|propertie|attribute|feature|constraint|key)s?(?:\\(s\\))?';
const REFUSED =
  '(?:not (?:yet )?(?:supported|permitted|allowed)|unsupported|only (?:supported|permitted|allowed)|an? (?:unsupported|unknown))';

interface Form {
  pattern: RegExp;
  /** The words around say that these are keywords; else a plain English word counts only in quotes. */
  certain?: true;
}
const form = (pattern: string, certain?: true): Form => ({
  pattern: new RegExp(pattern, 'gi'),
  ...(certain && { certain }),
});
const FORMS: readonly Form[] = [
  // Gemini: `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.`
  form(`unknown name (${WORD}) at ${QUOTE}[\\w.]*(?:tools|schema|parameters)`, true),
  // Cerebras: "Unsupported JSON schema fields: {'minItems', 'pattern'}".
  form(
    `(?:unsupported|unknown|unrecognized|unexpected|forbidden) (?:json )?(?:schema )?${THING}:? ?[{[(]?${WORDS}`,
    true,
  ),
  // Anthropic: "For 'integer' type, properties maximum, minimum are not supported".
  form(`\\b${THING} ${WORDS} (?:is|are) ${REFUSED}`, true),
  form(`${WORDS} ${THING} (?:is|are) ${REFUSED}`, true),
  // OpenAI: "In context=('properties', 'when'), 'format' is not permitted."; "additionalProperties is not supported".
  form(`${WORDS} (?:is|are) ${REFUSED}`),
  form(
    `(?:does not|doesn't|do not|cannot) (?:support|accept|allow|use) (?:the )?(?:json )?(?:schema )?${THING}:? ?${WORDS}`,
    true,
  ),
  form(`(?:does not|doesn't|do not|cannot) (?:support|accept|allow|use) (?:the )?${WORDS}`),
  // pydantic: "tools.0.function.parameters.format: Extra inputs are not permitted"; Gemini: "parameters.properties[when].format:
  // only 'enum' and 'date-time' are supported for STRING type".
  form(`[.\\]](${WORD}): (?:extra (?:inputs|fields) |only ['"])`, true),
];
/** Words of one meaning: OpenAI's "'uri' is not a valid format", llama.cpp's "Pattern must start with '^' and end with '$'". */
const SAID_OF: readonly [RegExp, keyword: string][] = [
  [/['"] is not a valid format\b/i, 'format'],
  [/\bpattern must start with\b/i, 'pattern'],
];

/** Keywords that this refusal is about and that stand in one of these schemas; none where the shape of a value is refused. */
export function refusedKeywords(
  { param, code, message }: Pick<ApiFailure, 'param' | 'code' | 'message'>,
  text: string,
  schemas: () => readonly JsonObject[],
): string[] {
  if (!OF_A_SCHEMA.test(`${param ?? ''} ${code ?? ''} ${message}`)) return [];
  const named = [...new Set([...FORMS.flatMap((one) => wordsOf(text, one)), ...saidOf(text)])];
  if (named.length === 0) return [];
  const sent = schemas();
  const stands = (keyword: string): boolean => sent.some((schema) => usesKeyword(schema, keyword));
  const used = named.filter((word) => (LESSER_KEYWORDS.has(word) || SHAPE_KEYWORDS.has(word)) && stands(word));
  return used.some((word) => SHAPE_KEYWORDS.has(word)) ? [] : used;
}

function wordsOf(text: string, { pattern, certain }: Form): string[] {
  const lists = [...text.matchAll(pattern)].map(([, list = '']) => list);
  return lists.flatMap((list) =>
    list.split(/, ?(?:and )?| and | or /).flatMap((word) => {
      const bare = word.replace(/[\\'"`]/g, '');
      // "This format is not supported" speaks of something else.
      return certain || bare !== word || /[A-Z$]/.test(bare) ? [bare] : [];
    }),
  );
}

function saidOf(text: string): string[] {
  return SAID_OF.flatMap(([words, keyword]) => (words.test(text) ? [keyword] : []));
}
