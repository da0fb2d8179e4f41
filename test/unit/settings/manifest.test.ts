import assert from 'node:assert/strict';
import Ajv from 'ajv';
import {
  configurationGroups,
  configurationProperties,
  entryTables,
  settingsTable,
} from '../../../src/settings/manifest';
import { settingsSchema } from '../../../src/settings/schema';

type Schema = { [key: string]: unknown };

describe('contributes.configuration', () => {
  const properties = configurationProperties();
  const defaults: unknown = settingsSchema.parse({});

  for (const [id, schema] of Object.entries(properties)) {
    it(`${id} is complete`, () => {
      const path = id.replace(/^llmRouter\./, '').split('.');
      const inCode = path.reduce<unknown>((value, key) => (value as Schema)[key], defaults);
      assert.deepEqual(schema.default, inCode, 'the default of the manifest is the default of the code');
      assert.ok(String(schema.description).length > 10 && /\.$/.test(String(schema.description)));
      assert.equal(schema.scope, 'application');
      // One of several forms where a word stands beside a number (lingerSeconds).
      for (const form of (schema.anyOf as Schema[] | undefined) ?? [schema]) assert.ok(typeof form.type === 'string');
      if (schema.enum) assert.equal((schema.enumDescriptions as unknown[]).length, (schema.enum as unknown[]).length);
    });
  }
  it('has every setting, in the order of the schema', () => {
    const expected = Object.entries(defaults as Schema).flatMap(([key, value]) =>
      typeof value === 'object' && !Array.isArray(value) && Object.keys(value as Schema).length > 0
        ? Object.keys(value as Schema).map((inner) => `llmRouter.${key}.${inner}`)
        : [`llmRouter.${key}`],
    );
    const optional = ['llmRouter.fallbackModel'];
    assert.deepEqual(
      Object.keys(properties).filter((id) => !optional.includes(id)),
      expected,
    );
    assert.deepEqual(
      Object.values(properties).map(({ order }) => order),
      Object.keys(properties).map((_, index) => index),
    );
  });
  it('stands in titled groups, each setting in one', () => {
    const groups = configurationGroups();
    assert.deepEqual(groups.flatMap((group) => Object.keys(group.properties)).sort(), Object.keys(properties).sort());
    for (const { title, properties: inside } of groups) assert.ok(title && Object.keys(inside).length > 0, title);
    assert.deepEqual(
      groups.map(({ order }) => order),
      [...groups.keys()],
    );
  });
  it('links only to settings that are there', () => {
    const links = [...JSON.stringify(properties).matchAll(/#(llmRouter\.[\w.]+)#/g)].map(([, id]) => id!);
    assert.ok(links.length > 5);
    for (const id of links) assert.ok(id in properties, id);
  });
  it('describes every key of every entry, and refuses others', () => {
    const visit = (schema: Schema, path: string): void => {
      const inside = schema.properties as Record<string, Schema> | undefined;
      if (inside) assert.equal(schema.additionalProperties, false, path);
      for (const [key, child] of Object.entries(inside ?? {})) {
        assert.ok(child.description, `${path}.${key}`);
        visit(child, `${path}.${key}`);
      }
      if (schema.items) visit(schema.items as Schema, `${path}[]`);
    };
    for (const [id, schema] of Object.entries(properties)) visit(schema, id);
  });
  it('has no reference and no bound that every number has', () => {
    const text = JSON.stringify(properties);
    assert.ok(!text.includes('$ref'));
    assert.ok(!text.includes(String(Number.MAX_SAFE_INTEGER)));
  });
  it('is valid JSON Schema, and judges as the code does', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false });
    const judge = ajv.compile({ type: 'object', properties });
    const good = { 'llmRouter.backends': [{ name: 'a', preset: 'openai', models: [{ id: 'm', efforts: ['low'] }] }] };
    assert.equal(judge(good), true);
    for (const bad of [
      { 'llmRouter.port': 70_000 },
      { 'llmRouter.backends': [{ name: 'a b' }] },
      { 'llmRouter.backends': [{ name: 'a', apiKey: 'x' }] },
    ]) {
      assert.equal(judge(bad), false, JSON.stringify(bad));
    }
  });
});

describe('the settings table in docs/settings.md', () => {
  it('has one row a setting', () => {
    const rows = settingsTable().split('\n');
    assert.equal(rows.length, Object.keys(configurationProperties()).length + 2);
    for (const row of rows) assert.equal(row.replaceAll('\\|', '').split('|').length, 5, row);
    assert.ok(rows.includes('| `llmRouter.autoStart` | `true` | Start the router when the editor starts. |'));
  });
  it('tells what an entry of backends, models and client keys may say, and what it must', () => {
    const [, backend, model, clientKey] = entryTables().split('## An entry of ');
    assert.match(backend!, /\n\| `name` \| text, needed \| A short name/);
    assert.match(backend!, /\n\| `routes\.images` \| text \| /);
    assert.match(backend!, /\n\| `efforts` \| list \| /);
    assert.match(model!, /\n\| `price\.input` \| number, needed \| /);
    assert.match(model!, /\n\| `routes`, .*`efforts`.* \| \| As in its backend/);
    assert.match(clientKey!, /\n\| `budget\.month` \| number \| US dollars a calendar month\. \|\n/);
    for (const row of entryTables()
      .split('\n')
      .filter((line) => line.startsWith('|')))
      assert.equal(row.replaceAll('\\|', '').split('|').length, 5, row);
  });
});
