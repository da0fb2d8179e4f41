/** `node dist/router.js usage`: what was used and what it cost, for a terminal. */
import path from 'node:path';
import { parseArguments } from '../arguments';
import { plainName } from '../wires/plainText';
import { dollars } from './budgets';
import { exportCsv } from './exportCsv';
import { SPEED_TITLES } from './sentences';
import { hasSpeed, speedCells, usageRows } from './speed';
import { type Ledger, openLedger, type Period } from './store';
import { GROUPS, totalOf, type UsageQuery, type UsageRow } from './usage';
import { localDay, windowAt } from './windows';

export const USAGE_HELP = `Usage: node dist/router.js usage [options]

  --by ${GROUPS.join('|')}
                               how to group (default: day); model and conversation tell speed and cache, too
  --from YYYY-MM-DD            first day (default: first of this month)
  --to YYYY-MM-DD              last day, included (default: today)
  --csv FILE                   write every request of that time to FILE, for spreadsheets
  --json                       one line of JSON instead of a table
  --data-dir DIR               data directory of the router
`;

export interface UsageWorld {
  /** Data directory of the router where --data-dir names none (design §4). */
  defaultDataDir(): string;
  /** Takes text for stdout; errors go to `err`. */
  out(text: string): void;
  err(text: string): void;
  now?: () => number;
}

interface Query extends Period {
  by: UsageQuery['by'];
  dataDir?: string;
  csv?: string;
  json: boolean;
}

function isDay(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text)
  );
}

/** Throws an Error whose message is meant for the person. */
function readArguments(args: readonly string[], now: number): Query | 'help' {
  const { values } = parseArguments({
    args: [...args],
    options: {
      by: { type: 'string', default: 'day' },
      from: { type: 'string', default: windowAt('month', now).from },
      to: { type: 'string', default: localDay(now) },
      csv: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      'data-dir': { type: 'string' },
    },
  });
  if (values.help) return 'help';
  const by = GROUPS.find((group) => group === values.by);
  if (!by) throw new Error(`--by is one of ${GROUPS.join(', ')}, not "${values.by}".`);
  for (const name of ['from', 'to'] as const)
    if (!isDay(values[name])) throw new Error(`--${name} is a day such as 2026-11-01, not "${values[name]}".`);
  if (values.from > values.to) throw new Error(`--from ${values.from} lies after --to ${values.to}.`);
  return { by, from: values.from, to: values.to, csv: values.csv, json: values.json, dataDir: values['data-dir'] };
}

/** Runs the command. @returns the exit code: 0, or 2 for arguments that cannot be used and files that cannot be written. */
export async function runUsageCommand(args: readonly string[], world: UsageWorld): Promise<number> {
  const now = world.now ?? Date.now;
  let query: Query | 'help';
  try {
    query = readArguments(args, now());
  } catch (error) {
    world.err(`${(error as Error).message}\n\n${USAGE_HELP}`);
    return 2;
  }
  if (query === 'help') {
    world.out(USAGE_HELP);
    return 0;
  }
  const dataDir = path.resolve(query.dataDir ?? world.defaultDataDir());
  const ledger = await openLedger({ dataDir, readOnly: true, syncEvery: 0, now });
  try {
    if (query.csv !== undefined) return await writeCsv(ledger, query, query.csv, world);
    const speed = query.by === 'model' ? ({ speed: 'all' } as const) : {};
    const rows = await usageRows(ledger, { ...query, ...speed });
    const { by, from, to } = query;
    // An editor's router, and each one with a folder of its own, keeps its own.
    if (rows.length === 0 && !query.json)
      world.err(`Looked into ${dataDir}. --data-dir names the folder of another router.\n`);
    world.out(
      query.json
        ? `${JSON.stringify({ from, to, by, rows, total: totalOf(rows, 'total') })}\n`
        : formatUsage(rows, query),
    );
    return 0;
  } finally {
    await ledger.close();
  }
}

async function writeCsv(ledger: Ledger, query: Query, file: string, world: UsageWorld): Promise<number> {
  try {
    const written = await exportCsv(ledger, query, file);
    world.out(
      query.json
        ? `${JSON.stringify({ csv: file, requests: written })}\n`
        : `${requests(written)} written to ${file}\n`,
    );
    return 0;
  } catch (error) {
    world.err(`${(error as Error).message}\n`);
    return 2;
  }
}

const TITLES: Record<UsageQuery['by'], string> = {
  day: 'Day',
  model: 'Model',
  backend: 'Backend',
  key: 'Key',
  conversation: 'Conversation',
};

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function requests(count: number): string {
  return `${number(count)} ${count === 1 ? 'request' : 'requests'}`;
}

/** A table for a terminal, with a line of totals and notes on what the numbers leave out. */
export function formatUsage(rows: readonly UsageRow[], { by, from, to }: Period & Pick<UsageQuery, 'by'>): string {
  if (rows.length === 0) return `No requests from ${from} to ${to}.\n`;
  const total = totalOf(rows, 'Total');
  const speeds = hasSpeed(rows);
  const cells = (row: UsageRow): string[] => [
    plainName(row.group) || '(none)',
    number(row.requests),
    number(row.failed ?? 0),
    number(row.input),
    number(row.output),
    `${dollars(row.cost)}${row.unpriced > 0 ? '*' : ' '}`,
    ...(speeds ? speedCells(row, dollars) : []),
  ];
  const lines = [
    [TITLES[by], 'Requests', 'Failed', 'Input', 'Output', 'Cost ', ...(speeds ? SPEED_TITLES : [])],
    ...rows.map(cells),
    cells(total),
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const drawn = lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const notes: string[] = [];
  if (total.unpriced > 0) notes.push(`* without ${requests(total.unpriced)} whose model has no known price`);
  if (total.estimated) notes.push(`Tokens of ${requests(total.estimated)} are estimates: their provider sent none.`);
  return [
    `Usage from ${from} to ${to}`,
    '',
    drawn[0],
    rule,
    ...drawn.slice(1, -1),
    rule,
    drawn.at(-1),
    ...notes,
    '',
  ].join('\n');
}
