/** `contributes.configuration` of package.json and the tables in docs/settings.md, both made from the schema. */
import * as z from 'zod';
import { isOwnMachine } from './ownMachine';
import { settingsSchema } from './schema';

type JsonSchema = { [key: string]: unknown };

interface SettingsGroup {
  id: string;
  title: string;
  order: number;
  properties: Record<string, JsonSchema>;
}

/** The groups of the settings editor; a setting belongs to the first group that names it or the object it stands in. */
const GROUPS: readonly { id: string; title: string; of: readonly string[] }[] = [
  { id: 'router', title: 'Router', of: ['port', 'allowedHosts', 'autoStart', 'statusBar', 'lingerSeconds'] },
  { id: 'models', title: 'Models', of: ['backends', 'aliases', 'fallbackModel'] },
  { id: 'tunnel', title: 'Tunnel', of: ['tunnel'] },
  { id: 'cursor', title: 'Cursor', of: ['cursor'] },
  { id: 'times', title: 'Time Limits and Retries', of: ['timeouts', 'retry'] },
  { id: 'clients', title: 'Client Keys and Limits', of: ['clientKeys', 'limits'] },
  { id: 'records', title: 'Records and Log', of: ['ledger', 'metrics', 'log'] },
];

/** `contributes.configuration` of package.json: titled groups in the order in which a person needs them. */
export function configurationGroups(): SettingsGroup[] {
  const all = Object.entries(configurationProperties());
  const groupOf = (id: string) => {
    const [, key = ''] = id.split('.');
    const group = GROUPS.find(({ of }) => of.includes(key));
    if (!group) throw new Error(`${id} is in no group of the settings editor; give it one in settings/manifest.ts.`);
    return group;
  };
  return GROUPS.map((group, order) => ({
    id: group.id,
    title: group.title,
    order,
    properties: Object.fromEntries(all.filter(([id]) => groupOf(id) === group)),
  }));
}

/**
 * Every setting as JSON Schema. Objects of the schema become `llmRouter.object.key`. Every setting has scope `application`: they
 * decide where keys and traffic go, so no workspace may set them.
 */
export function configurationProperties(): Record<string, JsonSchema> {
  const properties = settings().map(([key, schema], order) => [
    `llmRouter.${key}`,
    { ...schema, scope: 'application', order, ...(isOwnMachine(key) ? { ignoreSync: true } : {}) },
  ]);
  return Object.fromEntries(properties);
}

/** The table for docs/settings.md, one row a setting. */
export function settingsTable(): string {
  const rows = settings().map(
    ([key, schema]) => `| \`llmRouter.${key}\` | ${shownDefault(schema)} | ${explanation(schema)} |`,
  );
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

interface Entry {
  properties: Record<string, JsonSchema>;
  required?: readonly string[];
}

/** What an entry of the lists among the settings may say, one table a list. */
export function entryTables(): string {
  const { backends, clientKeys } = jsonSchema().properties ?? {};
  const backend = entryOf(backends);
  const model = entryOf(backend.properties.models);
  const same = Object.keys(model.properties).filter(
    (key) => JSON.stringify(model.properties[key]) === JSON.stringify(backend.properties[key]),
  );
  const own = Object.entries(model.properties).filter(([key]) => !same.includes(key));
  const asInBackend = `| ${same.map((key) => `\`${key}\``).join(', ')} | | As in its backend, for this model alone. |`;
  const tables: [string, string[]][] = [
    ['An entry of `backends`', fieldRows(backend)],
    [
      'An entry of `models` in a backend',
      [...fieldRows({ ...model, properties: Object.fromEntries(own) }), asInBackend],
    ],
    ['An entry of `clientKeys`', fieldRows(entryOf(clientKeys))],
  ];
  return tables
    .map(([title, rows]) => [`## ${title}\n`, '| Field | Takes | Meaning |', '|---|---|---|', ...rows].join('\n'))
    .join('\n\n');
}

const entryOf = (list: unknown): Entry => (list as { items: Entry }).items;

const TAKES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'true, false',
  array: 'list',
  object: 'object',
};

/** What stands in an object of the entry is named behind a dot. */
function fieldRows({ properties, required = [] }: Entry, before = ''): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const takes = TAKES[String([schema.type].flat()[0])] ?? '';
    const needed = required.includes(key) ? ', needed' : '';
    return [
      `| \`${before}${key}\` | ${takes}${needed} | ${explanation(schema)} |`,
      ...(schema.properties ? fieldRows(schema as unknown as Entry, `${before}${key}.`) : []),
    ];
  });
}

function jsonSchema() {
  return z.toJSONSchema(settingsSchema, { io: 'input', reused: 'inline', unrepresentable: 'any' });
}

/** Every setting by its dotted key, in the order of the schema. */
function settings(): [string, JsonSchema][] {
  const schema = jsonSchema();
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]): [string, JsonSchema][] => {
    const group = typeof value === 'object' ? value.properties : undefined;
    if (group === undefined) return [[key, tidy(value as JsonSchema)]];
    return Object.entries(group).map(([inner, item]) => [`${key}.${inner}`, tidy(item as JsonSchema)]);
  });
}

/** Without the bounds that every whole number has anyway. */
function tidy(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema)
      .filter(
        ([key, value]) => !(/^(maximum|minimum)$/.test(key) && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER),
      )
      .map(([key, value]) => [key, tidyInside(value)]),
  );
}

function tidyInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidyInside);
  return typeof value === 'object' && value !== null ? tidy(value as JsonSchema) : value;
}

function shownDefault(schema: JsonSchema): string {
  return schema.default === undefined || schema.default === '' ? '' : `\`${JSON.stringify(schema.default)}\``;
}

function explanation({ description, enum: values, enumDescriptions: texts }: JsonSchema): string {
  const words = Array.isArray(values) ? values.map(String) : [];
  const meanings = Array.isArray(texts) ? texts.map(String) : [];
  const choices = words.map((word, index) => `\`${word}\`: ${meanings[index] ?? ''}`).join('<br>');
  return [String(description), ...(choices === '' ? [] : [choices])].join('<br>').replaceAll('|', '\\|');
}
