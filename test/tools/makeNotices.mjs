// npm run notices: THIRD_PARTY_NOTICES.txt from what the bundles really contain. `--check` exits 1 when it is stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import {
  chatOptions,
  commandsOptions,
  extensionOptions,
  routerOptions,
  webviewOptions,
} from '../../esbuild.config.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const file = path.join(root, 'THIRD_PARTY_NOTICES.txt');

/** Folders of the packages that a bundle took code from. */
async function packagesOf(options) {
  const { metafile } = await build({ ...options, write: false });
  return Object.keys(metafile.inputs)
    .map((input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1])
    .filter((folder) => folder !== undefined);
}

function notice(folder) {
  const { name, version, license, repository } = JSON.parse(
    readFileSync(path.join(root, folder, 'package.json'), 'utf8'),
  );
  const found = readdirSync(path.join(root, folder)).find((entry) => /^(licen[cs]e|copying)(\.|$)/i.test(entry));
  const text = found ? readFileSync(path.join(root, folder, found), 'utf8').trim() : `Licence: ${license}`;
  const url = typeof repository === 'string' ? repository : repository?.url;
  return `${name} ${version} (${license})${url ? `\n${url}` : ''}\n\n${text}`;
}

const licence = readFileSync(path.join(root, 'LICENSE'), 'utf8');
const MIT = licence.slice(licence.indexOf('Permission is')).trim();

const PRICES = `Model prices and limits (src/ledger/prices.data.json): @earendil-works/pi-ai 1.5.2 (MIT), data of 2026-11-10
https://github.com/earendil-works/pi

MIT License, Copyright (c) Mario Zechner

${MIT}`;

const table = JSON.parse(readFileSync(path.join(root, 'src/routing/providers.data.json'), 'utf8'));
const PROVIDERS = `Addresses of providers (src/routing/providers.data.json): ${table.source}, data of ${table.date}
https://github.com/BerriAI/litellm

${table.license.replace(/^MIT/, 'MIT License')}

${MIT}`;

const outfile = path.join(root, 'dist/unused.js');
const kinds = [routerOptions, extensionOptions, commandsOptions, chatOptions, webviewOptions];
const bundles = kinds.map((options) => options(outfile));
const folders = [...new Set((await Promise.all(bundles.map(packagesOf))).flat())].sort();
const text = [
  'LLM Router contains code and data of others. Their notices follow.',
  ...folders.map(notice),
  PRICES,
  PROVIDERS,
].join(`\n\n${'-'.repeat(78)}\n\n`);

if (process.argv.includes('--check')) {
  const stale = !existsSync(file) || readFileSync(file, 'utf8') !== `${text}\n`;
  if (stale) console.error('THIRD_PARTY_NOTICES.txt is stale: run npm run notices.');
  process.exitCode = stale ? 1 : 0;
} else {
  writeFileSync(file, `${text}\n`);
  console.log(folders.map((folder) => path.basename(folder)).join(', '));
}
