/** What each kind of target takes of JSON Schema, as data; schemaRepair.ts makes a schema fit (N23). */

export type SchemaDialectName =
  | 'lenient'
  | 'openai'
  | 'openaiStrict'
  | 'anthropicTools'
  | 'anthropicOutput'
  | 'gemini'
  | 'geminiNative'
  | 'moonshot'
  | 'llamaCpp';

export interface SchemaDialect {
  /** Only these keywords; all others go, bounds into the description. */
  keywords?: ReadonlySet<string>;
  /** These keywords go, bounds into the description. */
  refused?: ReadonlySet<string>;
  /** `type` is one word: a list becomes `nullable` or `anyOf`. */
  oneType?: true;
  /** `oneOf` is unknown, `anyOf` says nearly the same. */
  anyOfOnly?: true;
  /** `const` is unknown: it becomes an `enum` of one. */
  noConst?: true;
  /** `enum` holds texts only, none of them empty. */
  textEnums?: true;
  /** Known values of `format`. */
  formats?: ReadonlySet<string>;
  /** `required` names properties of the same node only. */
  knownRequired?: true;
  /** `pattern` begins with ^ and ends with $. */
  anchoredPatterns?: true;
  /** `type` stands in the branches of `anyOf`, never beside it. */
  typeInBranches?: true;
  /** `$ref`: alone in its node, or not at all. */
  refs?: 'alone' | 'none';
  /** Every object is closed; with 'required' every property is required too (optional ones may be null). */
  closed?: 'closed' | 'required';
  /** Largest `minItems`. */
  maxMinItems?: number;
}

const GEMINI_KEYWORDS = [
  ...['type', 'format', 'title', 'description', 'nullable', 'enum', 'items', 'properties', 'required', 'anyOf'],
  ...['minItems', 'maxItems', 'minProperties', 'maxProperties', 'minLength', 'maxLength', 'pattern', 'minimum'],
  ...['maximum', 'default', 'example', 'propertyOrdering'],
];
const GEMINI = {
  oneType: true,
  anyOfOnly: true,
  noConst: true,
  textEnums: true,
  formats: new Set(['enum', 'date-time', 'float', 'double', 'int32', 'int64']),
  knownRequired: true,
} as const;

export const SCHEMA_DIALECTS: Readonly<Record<SchemaDialectName, SchemaDialect>> = {
  // Nothing is known: only what no reading of JSON Schema takes is repaired.
  lenient: {},
  // langchainjs#9804, playwright-mcp#1191, apify-mcp#36: top level, `properties` and `items` are repaired for everybody.
  openai: {},
  // OpenAI's guide to structured outputs, camel#2629: closed, all required; no oneOf, no composition by allOf.
  openaiStrict: { anyOfOnly: true, closed: 'required', refused: new Set(['uniqueItems', 'default', 'propertyNames']) },
  // Draft 2020-12 (claude-code#5319): what the repair does for everybody is enough.
  anthropicTools: {},
  // platform.claude.com structured outputs, "JSON Schema limitations".
  anthropicOutput: {
    anyOfOnly: true,
    closed: 'closed',
    maxMinItems: 1,
    refused: new Set([
      ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
      ...['maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'patternProperties', 'propertyNames'],
    ]),
    formats: new Set([
      ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
    ]),
  },
  // openclaude#93 (`required`), vscode#246409; the rest is reported of gateways in front of it, and costs nothing.
  gemini: { ...GEMINI, keywords: new Set([...GEMINI_KEYWORDS, '$ref', '$defs']) },
  // databricks/unity-gateway#491, hermes-agent#30676, gemini-cli#3178, toolslm#68: the native API behind a relay.
  geminiNative: { ...GEMINI, keywords: new Set(GEMINI_KEYWORDS), refs: 'none' },
  // "moonshot flavored json schema": GitNexus#2703, openclaw#113130, kimi-cli#2061.
  moonshot: { typeInBranches: true, refs: 'alone' },
  // llama.cpp#26930, kubernetes-mcp-server#758.
  llamaCpp: { anchoredPatterns: true },
};

const REFERENCES = ['$ref', '$defs', 'definitions'];

/** The dialect of a target that refuses these keywords as well: what they say goes on in another way where there is one. */
export function dialectWithout(dialect: SchemaDialect, keywords: readonly string[]): SchemaDialect {
  if (keywords.length === 0) return dialect;
  const { closed, ...open } = dialect;
  const references = keywords.some((keyword) => REFERENCES.includes(keyword));
  return {
    ...(closed && !keywords.includes('additionalProperties') ? dialect : open),
    refused: new Set([...(dialect.refused ?? []), ...keywords, ...(references ? REFERENCES : [])]),
    ...(references && { refs: 'none' }),
    ...(keywords.includes('const') && { noConst: true }),
    ...(keywords.includes('oneOf') && { anyOfOnly: true }),
  };
}

/** What decides the dialect of a target. */
export interface SchemaTargetFacts {
  preset?: string | undefined;
  baseUrl: string;
  wire: 'chat' | 'responses' | 'messages';
}

/** The dialect of a model under a backend: by the model's own name, then by what serves it. */
export function schemaDialectOf(backend: SchemaTargetFacts, model: string): SchemaDialectName {
  if (backend.wire === 'messages') return 'anthropicTools';
  const { preset } = backend;
  if (preset === 'gemini' || preset === 'vertex' || /generativelanguage\.googleapis\.com/.test(backend.baseUrl))
    return 'gemini';
  if (/gemini/i.test(model)) return 'geminiNative';
  if (/kimi|moonshot/i.test(model) || /moonshot\.(ai|cn)/.test(backend.baseUrl)) return 'moonshot';
  if (preset === 'llamacpp' || preset === 'lmstudio' || preset === 'localai') return 'llamaCpp';
  return preset === 'openai' || preset === 'azure' ? 'openai' : 'lenient';
}

/** vscode#246409 (Gemini: a letter or underscore), kimi-cli#2531 (a letter): a tool's name begins with a letter there. */
export function letterFirst(dialect: SchemaDialectName | undefined): boolean {
  return dialect === 'gemini' || dialect === 'geminiNative' || dialect === 'moonshot';
}
