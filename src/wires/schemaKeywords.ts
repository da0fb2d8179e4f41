/** The keywords of JSON Schema: which hold further schemas, and which may go without the shape of the value going with them. */

/** Their value is a map of names to schemas: the names are no keywords and stay. */
export const SCHEMA_MAPS = ['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas'] as const;
export const SCHEMA_LISTS = ['anyOf', 'oneOf', 'allOf'] as const;
/** Their value is one schema (or true and false). */
export const SCHEMA_NODES = [
  ...(['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'] as const),
  ...(['additionalItems', 'unevaluatedItems', 'unevaluatedProperties'] as const),
];

/** Without these nobody knows what to send: a provider that refuses one of them is told of, not obeyed. */
export const SHAPE_KEYWORDS: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'items', 'required', 'enum', 'anyOf', 'allOf', 'description'],
]);
/** Bounds, notes and references; what they said goes into the description, references are written out (schemaRepair.ts). */
export const LESSER_KEYWORDS: ReadonlySet<string> = new Set([
  ...[
    '$schema',
    '$id',
    '$comment',
    '$anchor',
    '$ref',
    '$defs',
    'definitions',
    'title',
    'default',
    'examples',
    'example',
  ],
  ...['deprecated', 'readOnly', 'writeOnly', 'nullable', 'const', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['additionalProperties', 'unevaluatedProperties', 'patternProperties', 'propertyNames', 'minProperties'],
  ...['maxProperties', 'dependentSchemas', 'dependentRequired', 'dependencies'],
  ...['additionalItems', 'unevaluatedItems', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
  ...['minContains', 'maxContains', 'minLength', 'maxLength', 'pattern', 'format', 'contentEncoding'],
  ...['contentMediaType', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
]);
