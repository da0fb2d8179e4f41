/** `contributes.configuration` of package.json and the settings table in docs/settings.md, both made from the schema. */
import * as z from 'zod';
import { isOwnMachine } from './ownMachine';
import { settingsSchema } from './schema';

type JsonSchema = { [key: string]: unknown };

/**
 * The block for package.json. Groups become `llmRouter.group.key`. Every setting has scope `application`: they decide where keys
 * and traffic go, so no workspace may set them.
 */
export function configurationBlock(): { title: string; properties: Record<string, JsonSchema> } {
  const properties = settings().map(([key, schema], order) => [
    `llmRouter.${key}`,
    { ...schema, scope: 'application', order, ...(isOwnMachine(key) ? { ignoreSync: true } : {}) },
  ]);
  return { title: 'LLM Router', properties: Object.fromEntries(properties) };
}

/** The table for docs/settings.md, one row a setting. */
export function settingsTable(): string {
  const rows = settings().map(
    ([key, schema]) => `| \`llmRouter.${key}\` | ${shownDefault(schema)} | ${explanation(schema)} |`,
  );
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

/** Every setting by its dotted key, in the order of the schema. */
function settings(): [string, JsonSchema][] {
  const schema = z.toJSONSchema(settingsSchema, { io: 'input', reused: 'inline', unrepresentable: 'any' });
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
