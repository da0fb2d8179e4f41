/** `node dist/router.js cursor`: what Cursor holds, and putting this router in or taking it out while Cursor is closed. */
import path from 'node:path';
import { parseArguments } from '../arguments';
import { textOf } from '../said';
import { looksLikeCursor, type RunningProgram } from './processes';
import { type CursorReading, readCursorState } from './readState';
import { connectState, disconnectState, type WriteResult } from './writeState';

export const CURSOR_HELP = `Usage: node dist/router.js cursor status
       node dist/router.js cursor connect --url https://HOST/v1 [--model NAME]…
       node dist/router.js cursor disconnect

Reads Cursor's own settings, and writes three of them while Cursor is closed: the override of the OpenAI base URL, the
switch of the OpenAI key, and names of models. Never a key. What stood there before is kept in cursor-before.json in the
data directory until disconnect puts it back. Experimental: tested on made files, not on a live Cursor.
Needs Node 22.15 or newer.

  --url URL         the public URL of the router, ends in /v1
  --model NAME      a name to add to Cursor's list of models; may be given several times
  --file FILE       Cursor's state.vscdb, where it is not in the usual place
  --data-dir DIR    data directory of the router
`;

export interface CursorCommandWorld {
  defaultDataDir(): string;
  /** Where the file may be. */
  files: readonly string[];
  /** Why Cursor may not send this name of a model here. */
  doubt(model: string): string | undefined;
  /** Undefined: it cannot be told. */
  running(): Promise<RunningProgram[] | undefined>;
  out(text: string): void;
  err(text: string): void;
}

const ACTIONS = ['status', 'connect', 'disconnect'] as const;

interface Asked {
  action: (typeof ACTIONS)[number];
  url: string;
  models: string[];
  file?: string;
  dataDir?: string;
}

/** @returns the exit code: 0, 1 when it could not be done, 2 for arguments that cannot be used. */
export async function runCursorCommand(args: readonly string[], world: CursorCommandWorld): Promise<number> {
  let asked: Asked | 'help';
  try {
    asked = readArguments(args);
  } catch (error) {
    world.err(`${(error as Error).message}\n\n${CURSOR_HELP}`);
    return 2;
  }
  if (asked === 'help') {
    world.out(CURSOR_HELP);
    return 0;
  }
  const found = await look(asked.file === undefined ? world.files : [path.resolve(asked.file)]);
  if (asked.action === 'status') return tellStatus(found, world);
  if (found?.reading.kind !== 'read') {
    world.err(`${unread(found)} Nothing was written.\n`);
    return 1;
  }
  const result = (await refusal(world)) ?? (await write(asked, found.file, world));
  (result.ok ? world.out : world.err)(`${result.text}\n`);
  if (result.ok && asked.action === 'connect') {
    world.out('Start Cursor; where its OpenAI key is not this router’s yet, paste it there (Settings, Models).\n');
    for (const doubt of asked.models.flatMap((model) => world.doubt(model) ?? [])) world.err(`${doubt}\n`);
  }
  return result.ok ? 0 : 1;
}

async function write({ action, url, models, dataDir }: Asked, file: string, world: CursorCommandWorld) {
  const folder = dataDir ?? world.defaultDataDir();
  return action === 'connect'
    ? await connectState(file, folder, { baseUrl: url, models })
    : await disconnectState(file, folder);
}

/** A Cursor that runs overwrites its file when it ends. */
async function refusal({ running }: CursorCommandWorld): Promise<Pick<WriteResult, 'ok' | 'text'> | undefined> {
  const programs = await running();
  if (!programs)
    return {
      ok: false,
      text: 'This system does not tell which programs run, so it is not known that Cursor is closed. Nothing was written.',
    };
  const cursor = programs.find(({ pid, program }) => pid !== process.pid && looksLikeCursor(program));
  return (
    cursor && {
      ok: false,
      text: `Cursor still runs (process ${cursor.pid}). Quit it, then try again. Nothing was written.`,
    }
  );
}

interface Found {
  file: string;
  reading: CursorReading;
}

/** The first that is Cursor's, else the first that is there. */
async function look(files: readonly string[]): Promise<Found | undefined> {
  let first: Found | undefined;
  for (const file of files) {
    const reading = await readCursorState(file, () => false);
    if (reading.kind === 'read') return { file, reading };
    if (reading.kind !== 'absent') first ??= { file, reading };
  }
  return first;
}

function unread(found: Found | undefined): string {
  if (found?.reading.kind !== 'unreadable') return "Cursor's settings are not on this machine.";
  return `${found.file} was not read: ${textOf(found.reading.why)}`;
}

const KEYS = { ours: 'stored', other: 'stored', hidden: 'stored, encrypted', none: 'none' } as const;

function tellStatus(found: Found | undefined, { out, err }: CursorCommandWorld): number {
  if (found?.reading.kind !== 'read') {
    err(`${unread(found)}\n`);
    return 1;
  }
  const { baseUrl, switchedOn, models, key } = found.reading.holds;
  out(
    `File          ${found.file}
Base URL      ${baseUrl ?? 'not overridden'}
OpenAI key    ${KEYS[key]}, switched ${switchedOn ? 'on' : 'off'}
Own models    ${models.length > 0 ? models.join(', ') : 'none'}
`,
  );
  return 0;
}

function readArguments(args: readonly string[]): Asked | 'help' {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArguments({
    args: [...args],
    allowPositionals: true,
    options: {
      url: text,
      model: { type: 'string', multiple: true },
      file: text,
      'data-dir': text,
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const [word = '', ...rest] = positionals;
  const action = ACTIONS.find((one) => one === word);
  if (!action || rest.length > 0) throw new Error(`Say one of ${ACTIONS.join(', ')}.`);
  const url = values.url ?? '';
  if (action === 'connect' && !/^https:\/\/[^\s/]+\/(\S*\/)?v1$/.test(url))
    throw new Error('--url takes the public URL of the router, as https://HOST/v1.');
  return {
    action,
    url,
    models: values.model ?? [],
    ...(values.file !== undefined && { file: values.file }),
    ...(values['data-dir'] !== undefined && { dataDir: values['data-dir'] }),
  };
}
