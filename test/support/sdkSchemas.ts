/**
 * The official SDKs' own types as an oracle: what we emit is validated against JSON Schemas made from them. Making
 * them takes seconds, so they are kept under node_modules/.cache, keyed by the versions of the SDKs.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';

const TYPES = {
  ChatCompletionCreateParams: ['openai', 'Sdk.Chat.ChatCompletionCreateParams'],
  ChatCompletion: ['openai', 'Sdk.Chat.ChatCompletion'],
  ChatCompletionChunk: ['openai', 'Sdk.Chat.ChatCompletionChunk'],
  ResponseCreateParams: ['openai', 'Sdk.Responses.ResponseCreateParams'],
  Response: ['openai', 'Sdk.Responses.Response'],
  ResponseStreamEvent: ['openai', 'Sdk.Responses.ResponseStreamEvent'],
  MessageCreateParams: ['@anthropic-ai/sdk', 'Sdk.MessageCreateParams'],
  Message: ['@anthropic-ai/sdk', 'Sdk.Message'],
  RawMessageStreamEvent: ['@anthropic-ai/sdk', 'Sdk.RawMessageStreamEvent'],
  OpenAiError: ['openai', 'Sdk.ErrorObject'],
  AnthropicError: ['@anthropic-ai/sdk', 'Sdk.ErrorResponse'],
} as const;

export type SdkType = keyof typeof TYPES;

/** Raise when the generator's options change, so that old schemas are made anew. */
const GENERATION = 2;
const root = process.cwd();

interface Schema {
  $ref?: string;
  anyOf?: Schema[];
  required?: string[];
  properties?: Record<string, { const?: unknown }>;
  definitions: Record<string, Schema>;
}
/** What a type is called in its schema: no name of the SDK's own. */
const oracleOf = (type: SdkType): string => `Oracle${type}`;
const schemas = new Map<SdkType, Schema>();
const validators = new Map<string, ValidateFunction>();
/** One for all types and their members: what several refer to is compiled once. */
const ajv = new Ajv({ strict: false, validateFormats: false });

/**
 * What is wrong with `value` as a value of the SDK type: one line per problem, empty when it is valid. Unknown
 * properties are problems too. The first use of a type on a machine takes seconds.
 */
export function sdkProblems(type: SdkType, value: unknown): string[] {
  const validate = validatorFor(type, value);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

function validatorFor(type: SdkType, value: unknown): ValidateFunction {
  let schema = schemas.get(type);
  if (!schema) {
    schema = schemaFor(type);
    // A convenience that the SDK adds by itself; the API does not send it.
    const response = schema.definitions.Response;
    if (response?.required) response.required = response.required.filter((name) => name !== 'output_text');
    // Declared as nullable and required; recorded answers leave it out, and other clients refuse null.
    const block = schema.definitions.TextBlock;
    if (block?.required) block.required = block.required.filter((name) => name !== 'citations');
    schemas.set(type, schema);
    ajv.addSchema({ $id: type, definitions: schema.definitions });
  }
  const branch = branchOf(
    schema,
    { $ref: `#/definitions/${oracleOf(type)}` } as Schema,
    (value as { type?: unknown } | null)?.type,
  );
  const member = `${type}${branch}`;
  let validate = validators.get(member);
  if (!validate) {
    validate = ajv.compile({ $ref: member });
    validators.set(member, validate);
  }
  return validate;
}

/** The member of a union that the value's `type` names, so that problems speak of it and not of fifty others. */
function branchOf(schema: Schema, node: Schema, type: unknown): string {
  const ref = node.$ref as string;
  const definition = schema.definitions[decodeURIComponent(ref.replace('#/definitions/', ''))];
  if (definition?.$ref) return branchOf(schema, definition, type);
  const member = definition?.anyOf?.find((each) => {
    const target = schema.definitions[decodeURIComponent((each.$ref ?? '').replace('#/definitions/', ''))];
    return target?.properties?.type?.const === type && type !== undefined;
  });
  return member?.$ref ?? ref;
}

function schemaFor(type: SdkType): Schema {
  const [sdk] = TYPES[type];
  const { version } = JSON.parse(readFileSync(path.join(root, 'node_modules', sdk, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = path.join(root, 'node_modules/.cache/sdk-schemas');
  const fileOf = (one: SdkType): string => path.join(folder, `${one}-${version}-${GENERATION}.json`);
  if (!existsSync(fileOf(type))) {
    mkdirSync(folder, { recursive: true });
    makeSchemas(sdk, folder, (one, schema) => {
      // Written aside and renamed: two test runs may make it at the same time.
      const aside = `${fileOf(one)}.${process.pid}`;
      writeFileSync(aside, JSON.stringify(schema));
      renameSync(aside, fileOf(one));
    });
  }
  return JSON.parse(readFileSync(fileOf(type), 'utf8')) as Schema;
}

/** Those of all types of an SDK: to read its declarations takes longer than the schemas. */
function makeSchemas(sdk: string, folder: string, keep: (type: SdkType, schema: object) => void): void {
  const types = (Object.keys(TYPES) as SdkType[]).filter((type) => TYPES[type][0] === sdk);
  const source = path.join(folder, `types-${process.pid}.ts`);
  const exported = types.map((type) => `export type ${oracleOf(type)} = ${TYPES[type][1]};\n`);
  writeFileSync(source, `import type Sdk from '${sdk}';\n${exported.join('')}`);
  const generator = createGenerator({
    path: source,
    tsconfig: path.join(root, 'tsconfig.json'),
    skipTypeCheck: true,
    additionalProperties: false,
    // Only what the type itself needs, without the documentation texts.
    jsDoc: 'none',
  });
  for (const type of types) keep(type, generator.createSchema(oracleOf(type)));
  rmSync(source);
}
