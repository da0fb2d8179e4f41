// Counts what of LiteLLM's price file is served: `node test/tools/countLiteLlmNames.mjs FOLDER`, a wheel unpacked before
// (pip download --no-deps litellm==VERSION). Each chat and Responses name is asked as a file would write it, with the
// address, region or project that its provider wants; what is left out is told by provider, with the first sentence.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const folder = process.argv[2];
if (!folder) throw new Error('Name the folder of an unpacked wheel of LiteLLM.');
const root = path.join(import.meta.dirname, '../..');
const entry = path.join(root, 'src/config/formats/liteLlmProviders.ts');
const made = await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', write: false });
const { destinationOf } = await import(
  `data:text/javascript;base64,${Buffer.from(made.outputFiles[0].text).toString('base64')}`
);

/** Groups of the price file that are no provider's prefix. */
const PREFIXES = [
  [/^bedrock_converse$/, 'bedrock'],
  [/^vertex_ai-/, 'vertex_ai'],
];
const ADDRESSES = {
  azure: 'https://a.openai.azure.com',
  azure_text: 'https://a.openai.azure.com',
  azure_ai: 'https://a.services.ai.azure.com',
  cloudflare: 'https://api.cloudflare.com/client/v4/accounts/a/ai/v1',
  databricks: 'https://a.cloud.databricks.com/serving-endpoints',
  heroku: 'https://us.inference.heroku.com',
  snowflake: 'https://a.snowflakecomputing.com/api/v2',
};
const file = path.join(folder, 'litellm/model_prices_and_context_window_backup.json');
const names = Object.entries(JSON.parse(readFileSync(file, 'utf8'))).filter(
  ([name, { mode }]) => name !== 'sample_spec' && (mode === 'chat' || mode === 'responses'),
);
const left = new Map();
for (const [model, { litellm_provider: group }] of names) {
  const provider = PREFIXES.find(([pattern]) => pattern.test(group))?.[1] ?? group;
  const apiBase = ADDRESSES[provider];
  const asked = { model, provider, region: 'us-east-1', project: 'p', ...(apiBase && { apiBase }) };
  const found = destinationOf(asked);
  if (!('problem' in found)) continue;
  const known = left.get(group) ?? { count: 0, problem: found.problem };
  left.set(group, { ...known, count: known.count + 1 });
}
const lines = [...left].sort(([, one], [, other]) => other.count - one.count);
const out = lines.reduce((sum, [, { count }]) => sum + count, 0);
console.log(`${names.length} chat and Responses names, ${names.length - out} served, ${out} left out:`);
for (const [group, { count, problem }] of lines) console.log(`  ${count} ${group}: ${problem}`);
