/** The command line of dist/router.js (design §4). Pure: arguments in, a plan or a sentence out. */

import { parseArguments } from '../arguments';
import { GROUPS } from '../ledger/usage';
import { TUNNEL_NAMES, type TunnelKind } from '../settings/tunnelKinds';

export interface HeadlessArguments {
  mode: 'headless';
  config?: string;
  envFile?: string;
  /** Given explicitly: taken means exit 2. */
  port?: number;
  host?: string;
  tunnel?: TunnelKind;
  apiKey?: string;
  apiKeyEnv?: string;
  logLevel?: (typeof LEVELS)[number];
  json: boolean;
  dataDir?: string;
  installCloudflared: boolean;
}
export interface EditorArguments {
  mode: 'editor';
  dataDir: string;
  takeOver: boolean;
}
export interface CommandArguments {
  mode: 'command';
  command: 'usage' | 'lessons';
  rest: string[];
}
export interface DoctorArguments {
  mode: 'doctor';
  headless: HeadlessArguments;
  /** Small real requests to each backend as well. */
  paid: boolean;
}
export interface ExportArguments {
  mode: 'export';
  /** Folder to write. */
  out: string;
  config?: string;
  envFile?: string;
  /** Replace files that are there. */
  force: boolean;
}
export type Arguments =
  | HeadlessArguments
  | EditorArguments
  | CommandArguments
  | DoctorArguments
  | ExportArguments
  | { mode: 'cursor'; rest: string[] }
  | { mode: 'help' }
  | { mode: 'version' };

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
/** llm-router's own levels that say less than `error`. */
const GO_LEVELS: readonly string[] = ['dpanic', 'panic', 'fatal'];

export const HELP = `LLM Router: one URL and one key for every model, for Cursor and any other client.

Usage: node dist/router.js [options]
       node dist/router.js doctor [--json] [--paid] [options]      looks at every hop and says what to do
       node dist/router.js export --to litellm --out DIR [--force] [--config FILE] [--env-file FILE]
       node dist/router.js usage [--by ${GROUPS.join('|')}] [--from DATE] [--to DATE] [--csv FILE] [--json]
       node dist/router.js lessons [--forget] [--json]              what refusals taught, and forgetting it
       node dist/router.js cursor status | connect | disconnect     what Cursor holds; written only while it is closed

  --config FILE           our JSON, an llm-router config.json or a LiteLLM config.yaml
                          (default: ./llm-router.json, ./config.json, ./litellm_config.yaml, else what the environment offers)
  --env-file FILE         read variables from this file (default ./.env when present); real environment variables win
  --port N                port on the host, 0 for any free one (default 11411)
  --host ADDRESS          address to listen on (default 127.0.0.1)
  --tunnel KIND           ${TUNNEL_NAMES.join(' | ')} (default cloudflared)
  --llmrouter-api-key KEY       the key clients have to send; other users of this machine see it in the process list
  --llmrouter-api-key-env NAME  the variable that holds it, which nobody else sees (default LLMROUTER_API_KEY)
  --log-level LEVEL       ${LEVELS.join(' | ')}
  --json                  JSON lines on standard output, the log on standard error
  --data-dir DIR          where ledger, tunnel state and logs live
  --install-cloudflared   download cloudflared without asking when it is missing
  --help, --version
`;

/** @throws Error with a sentence for a person; the caller exits with 2. */
export function parseCommandLine(argv: readonly string[]): Arguments {
  const [command, ...rest] = argv;
  if (command === 'usage' || command === 'lessons') return { mode: 'command', command, rest };
  if (command === 'cursor') return { mode: 'cursor', rest };
  if (command === 'export') return exportArguments(rest);
  const doctor = command === 'doctor';
  const values = filled(understood(() => read(doctor ? rest : argv).values));
  if (values.help) return { mode: 'help' };
  if (values.version) return { mode: 'version' };
  if (values.editor) {
    if (!values['data-dir']) throw new Error('--editor needs --data-dir.');
    return { mode: 'editor', dataDir: values['data-dir'], takeOver: values['take-over'] === true };
  }
  if (values.paid && !doctor) throw new Error('--paid belongs to the command doctor. See --help.');
  const headless: HeadlessArguments = {
    mode: 'headless',
    config: values.config,
    envFile: values['env-file'],
    port: values.port === undefined ? undefined : portOf(values.port),
    host: values.host,
    tunnel: oneOf('--tunnel', values.tunnel, TUNNEL_NAMES),
    apiKey: values['llmrouter-api-key'],
    apiKeyEnv: values['llmrouter-api-key-env'],
    logLevel: oneOf('--log-level', levelOf(values['log-level']), LEVELS),
    json: values.json === true,
    dataDir: values['data-dir'],
    installCloudflared: values['install-cloudflared'] === true,
  };
  return doctor ? { mode: 'doctor', headless, paid: values.paid === true } : headless;
}

function exportArguments(argv: readonly string[]): ExportArguments | { mode: 'help' } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { to: text, out: text, config: text, 'env-file': text, force: flag, help: flag };
  const { values } = understood(() =>
    parseArguments({ args: [...argv], strict: true, allowPositionals: false, options }),
  );
  if (values.help) return { mode: 'help' };
  filled(values);
  if (values.to === undefined) throw new Error('--to takes litellm, and is missing.');
  oneOf('--to', values.to, ['litellm']);
  if (!values.out) throw new Error('--out names the folder to write, as --out team.');
  return {
    mode: 'export',
    out: values.out,
    config: values.config,
    envFile: values['env-file'],
    force: values.force === true,
  };
}

/** A variable that is not set leaves an empty text, which would mean the default, all addresses or this folder. */
function filled<Values extends Readonly<Record<string, unknown>>>(values: Values): Values {
  // An empty key is none: the next place that may hold one is asked.
  const empty = Object.keys(values).find((name) => values[name] === '' && name !== 'llmrouter-api-key');
  if (empty !== undefined) throw new Error(`--${empty} has no value. See --help.`);
  return values;
}

function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${(error as Error).message}. See --help.`);
  }
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  return parseArguments({
    args: withTwoDashes(argv),
    strict: true,
    allowPositionals: false,
    options: {
      config: text,
      'env-file': text,
      port: text,
      host: text,
      tunnel: text,
      'llmrouter-api-key': text,
      'llmrouter-api-key-env': text,
      'log-level': text,
      json: flag,
      'data-dir': text,
      'install-cloudflared': flag,
      paid: flag,
      editor: flag,
      'take-over': flag,
      help: { type: 'boolean', short: 'h' },
      version: flag,
    },
  });
}

function levelOf(text: string | undefined): string | undefined {
  const level = text?.toLowerCase();
  if (level === undefined) return undefined;
  return level === 'warning' ? 'warn' : GO_LEVELS.includes(level) ? 'error' : level;
}

/** Go programs take `-config FILE` as `--config FILE`, and llm-router's unit files are written so. */
function withTwoDashes(argv: readonly string[]): string[] {
  return argv.map((one) => one.replace(/^-(config|port|log-level|llmrouter-api-key(?:-env)?)(?==|$)/, '--$1'));
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new Error(`--port takes a number from 0 to 65535, not ${JSON.stringify(text)}.`);
  return port;
}

function oneOf<T extends string>(option: string, value: string | undefined, known: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (!found) throw new Error(`${option} takes ${known.join(', ')}; not ${JSON.stringify(value)}.`);
  return found;
}
