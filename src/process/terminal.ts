/** What a person reads when the router runs in a terminal, and the JSON lines a program reads with --json (design §4). */

import type { Writable } from 'node:stream';
import { encodeLine } from '../ledger/lines';
import type { RequestRecord } from '../ledger/record';
import type { Problem } from '../settings/problem';
import type { TunnelStatus } from '../tunnel/tunnel';
import { plain } from '../wires/plainText';
import type { RouterState } from './contract';

export interface Terminal {
  /** A generated key, printed once by design. */
  key(key: string): void;
  listening(localUrl: string, models: readonly string[], state: Pick<RouterState, 'notice' | 'metrics'>): void;
  /** They moved, or are served from now on. */
  metrics(metrics: NonNullable<RouterState['metrics']>): void;
  /** What the backends list, where the configuration names no models. */
  models(names: readonly string[]): void;
  tunnel(status: TunnelStatus): void;
  request(record: RequestRecord): void;
  problem(file: string | undefined, problem: Problem): void;
  /** A change that a person made or waits for. */
  note(line: string): void;
  log(level: LogLevel, line: string): void;
  setLevel(level: LogLevel): void;
}

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;
type LogLevel = (typeof LEVELS)[number];

export interface TerminalOptions {
  out: Writable;
  err: Writable;
  json: boolean;
  color: boolean;
  level: LogLevel;
  /** Last line of defence: hides what looks like a key. */
  redact(text: string): string;
}

export function createTerminal(options: TerminalOptions): Terminal {
  // Whoever reads may leave (a closed terminal, the end of a pipe): the router serves on, and ends in order.
  for (const stream of [options.out, options.err]) stream.on('error', () => undefined);
  let shown = options.level;
  const worth = (one: LogLevel) => LEVELS.indexOf(one) <= LEVELS.indexOf(shown);
  const terminal = options.json ? jsonTerminal(options, worth) : humanTerminal(options, worth);
  return { ...terminal, setLevel: (level) => (shown = level) };
}

/** Whether lines of this level are shown. */
type Worth = (level: LogLevel) => boolean;

function jsonTerminal({ out, err, redact }: TerminalOptions, worth: Worth): Omit<Terminal, 'setLevel'> {
  const event = (value: object) => out.write(`${JSON.stringify(value)}\n`);
  const log: Terminal['log'] = (one, line) => {
    if (worth(one)) err.write(`${one}: ${plain(redact(line))}\n`);
  };
  return {
    key: (key) => event({ event: 'key', key }),
    listening: (localUrl, models) => event({ event: 'listening', localUrl, models }),
    // The log says it.
    metrics: () => undefined,
    // Programs ask /v1/models.
    models: () => undefined,
    tunnel: (status) =>
      event({
        event: 'tunnel',
        state: status.state,
        ...(status.publicUrl && { publicUrl: `${status.publicUrl}/v1` }),
        ...(status.message && { message: status.message }),
        ...(status.until && { until: new Date(status.until).toISOString() }),
      }),
    request: (record) => void out.write(`{"event":"request",${encodeLine(record).slice(1)}`),
    problem(file, { path, line, column, message, severity }) {
      if (severity === 'warning')
        return void err.write(`${place(file, { path, line, column })}warning: ${plain(message)}\n`);
      event({ event: 'configError', path: path || (file ?? ''), line, column, message });
      err.write(`${place(file, { path, line, column })}${plain(message)}\n`);
    },
    note: (line) => log('info', line),
    log,
  };
}

function humanTerminal({ out, err, color, redact }: TerminalOptions, worth: Worth): Omit<Terminal, 'setLevel'> {
  const paint = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const bold = paint(1);
  const dim = paint(2);
  const red = paint(31);
  const green = paint(32);
  const yellow = paint(33);
  const say = (text = '') => out.write(`${text}\n`);
  const row = (label: string, value: string) => say(`  ${dim(label.padEnd(9))} ${value}`);
  const metricsRow: Terminal['metrics'] = ({ url, tokenFile }) =>
    row('Metrics', plain(redact(`${url}, token in ${tokenFile}`)));
  return {
    metrics: metricsRow,
    key(key) {
      say();
      row('Key', `${bold(key)}  ${dim('(made for you, stays the same; send it as the API key)')}`);
    },
    listening(localUrl, models, { notice, metrics }) {
      row('Local URL', bold(localUrl));
      if (metrics) metricsRow(metrics);
      row(
        'Models',
        models.length > 0 ? someOf(models) : 'the configuration names none; the backends are asked for theirs',
      );
      if (notice) row('Note', yellow(notice));
      say();
      say(
        dim(
          `  Try it, $KEY being the key: curl ${localUrl}/chat/completions -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\`,
        ),
      );
      say(
        dim(
          `            -d '{"model":"${plain(models[0] ?? 'demo/echo')}","messages":[{"role":"user","content":"hi"}]}'`,
        ),
      );
      say();
    },
    models(names) {
      row('Models', names.length > 0 ? someOf(names) : 'no backend has told its models');
    },
    tunnel(status) {
      const url = status.publicUrl && `${status.publicUrl}/v1`;
      if (status.state === 'online') {
        row('Tunnel', `${green('online')}  ${bold(url ?? '')}`);
        if (status.replacedUrl)
          row('', yellow(`This URL is new: it replaces ${status.replacedUrl}/v1. Paste it into Cursor again.`));
        return;
      }
      const tone = status.state === 'error' || status.state === 'blocked' ? red : status.state === 'off' ? dim : yellow;
      row(
        'Tunnel',
        `${tone(status.state)}${url ? `  ${url}` : ''}${status.message ? `  ${plain(status.message)}` : ''}`,
      );
    },
    request(record) {
      const ok = record.status < 400 && !record.error;
      const time = new Date(record.time).toTimeString().slice(0, 8);
      const where = record.backend ? ` → ${plain(`${record.backend}/${record.upstreamModel}`)}` : '';
      const tokens = record.usage
        ? ` ${record.usage.input}→${record.usage.output} tokens${record.usage.estimated ? ' (estimated)' : ''}`
        : '';
      const cost = record.cost ? ` $${record.cost.toFixed(4)}` : '';
      say(
        `${dim(time)} ${ok ? green(String(record.status)) : red(String(record.status))} ${plain(record.askedModel) || '(no model)'}${dim(where)} ${Math.round(record.ms)} ms${dim(tokens + cost)}${record.error ? `\n         ${red(plain(redact(record.error)))}` : ''}`,
      );
    },
    problem(file, problem) {
      err.write(
        `${place(file, problem)}${problem.severity === 'warning' ? yellow('warning: ') : ''}${plain(problem.message)}\n`,
      );
    },
    note(line) {
      if (worth('info')) err.write(`${dim('info')} ${plain(redact(line))}\n`);
    },
    log(one, line) {
      // Requests and the tunnel have lines of their own; the log adds what a person would miss otherwise.
      if (line.startsWith('tunnel ')) return;
      if (one === 'info' && !worth('debug')) return;
      if (!worth(one)) return;
      err.write(
        `${one === 'error' ? red('error') : one === 'warn' ? yellow('warning') : dim(one)} ${plain(redact(line))}\n`,
      );
    },
  };
}

function someOf(names: readonly string[]): string {
  return plain(names.slice(0, 8).join(', ')) + (names.length > 8 ? `, … ${names.length} in all` : '');
}

function place(
  file: string | undefined,
  { path, line, column }: { path?: string; line?: number; column?: number },
): string {
  const at = [file, line, column].filter((part) => part !== undefined).join(':');
  return [at, path].filter((part) => part).join(' ') + (at || path ? ': ' : '');
}
