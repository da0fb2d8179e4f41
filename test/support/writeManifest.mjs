// Writes what is generated: `contributes.configuration` in package.json and the tables in docs/settings.md from the settings
// schema; package.nls.json and its translations from the texts of the manifest (write a new text into package.json as it is).
// With `--check` nothing is written; exit code 1 says that something is stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { translated, withoutTexts } from './manifestTexts.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const check = process.argv.includes('--check');
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/settings/manifest.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
  logLevel: 'warning',
});
const { configurationGroups, entryTables, settingsTable } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
);

const START = '<!-- settings:start -->';
const END = '<!-- settings:end -->';
const nls = existsSync(path.join(root, 'package.nls.json')) ? JSON.parse(read('package.nls.json')) : {};
const manifest = JSON.parse(read('package.json'));
const { manifest: next, texts } = withoutTexts(
  { ...manifest, contributes: { ...manifest.contributes, configuration: configurationGroups() } },
  nls,
);
const stale = [
  update('package.json', () => json(next)),
  update('package.nls.json', () => json(texts)),
  ...readdirSync(path.join(root, 'l10n')).map((file) =>
    update(`package.nls.${file.split('.').at(-2)}.json`, () =>
      json(translated(texts, JSON.parse(read(`l10n/${file}`)))),
    ),
  ),
  update('docs/settings.md', (text) => {
    const start = text.indexOf(START);
    const end = text.indexOf(END, start);
    if (start < 0 || end < 0) return text;
    return `${text.slice(0, start + START.length)}\n${settingsTable()}\n\n${entryTables()}\n${text.slice(end)}`;
  }),
].filter(Boolean);
if (check && stale.length > 0) {
  console.error(
    `${stale.join(' and ')} no longer match the settings schema, the texts or their translations. Run: npm run manifest`,
  );
  process.exitCode = 1;
}

function read(name) {
  return readFileSync(path.join(root, name), 'utf8');
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Rewrites a file when its content changes; returns its name then. */
function update(name, change) {
  const file = path.join(root, name);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : name.endsWith('.json') ? '{}' : '';
  const after = change(before);
  // Only what is generated counts in a check, not how the rest of the file is laid out.
  const same = name.endsWith('.json')
    ? JSON.stringify(JSON.parse(before)) === JSON.stringify(JSON.parse(after))
    : before === after;
  if (same) return undefined;
  if (!check) writeFileSync(file, after);
  return name;
}
