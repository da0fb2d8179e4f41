/** One request told to a person: what was seen, decided, tried, used. Markdown, no prompt, no key. */
import { ruleWords } from '../cursor/ruleWords';
import type { Kind } from '../routing/kinds';
import { dollars } from './budgets';
import { tokensPerSecond } from './csv';
import { dialectWords } from './dialectWords';
import type { Attempt, RequestRecord, SentCall } from './record';

const VIA: Record<string, string> = {
  exact: 'it is a configured model',
  alias: 'it is an alias',
  prefix: 'its prefix names the backend',
  default: 'nothing else matched, and this is the default backend',
  fallbackModel: 'nothing else matched, and this is the fallback model',
};

const KIND: Record<Kind, string> = {
  images: 'it has pictures',
  longInput: 'its input is long',
  subagent: 'a subagent sent it',
  background: 'it is a small one without tools',
};

const OUTCOME: Record<Attempt['outcome'], string> = {
  ok: 'answered',
  retried: 'failed, tried again',
  fellBack: 'failed, went to the next model',
  failed: 'failed',
  cancelled: 'cancelled by the client',
};

/** Text from outside as inline code: no markup, no line ends. */
function code(text: string): string {
  const flat = text.replace(/[\p{Cc}]+/gu, ' ');
  const fence = '`'.repeat(Math.max(0, ...[...flat.matchAll(/`+/g)].map((match) => match[0].length)) + 1);
  const pad = flat.startsWith('`') || flat.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${flat}${pad}${fence}`;
}

/** Text from outside as a block of code, whatever stands in it. */
function fenced(text: string): string[] {
  const flat = text.replace(/[^\P{Cc}\n]+/gu, ' ');
  const fence = '`'.repeat(Math.max(3, ...[...flat.matchAll(/`+/g)].map((match) => match[0].length + 1)));
  return ['', fence, flat, fence];
}

/** Text from outside inside a paragraph. */
function prose(text: string): string {
  return text.replace(/[\p{Cc}]+/gu, ' ').replace(/[\\`*_[\]<>#|!]/g, '\\$&');
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

function usageLines({ usage, cost, saved }: RequestRecord): string[] {
  if (!usage) return ['No tokens were used.'];
  const n = (value: number): string => value.toLocaleString('en-US');
  const input = [
    usage.cacheRead && `${n(usage.cacheRead)} read from the cache`,
    usage.cacheWrite && `${n(usage.cacheWrite)} written to the cache`,
  ].filter(Boolean);
  const lines = [
    `- Input: ${n(usage.input)} tokens${input.length > 0 ? ` (${input.join(', ')})` : ''}`,
    `- Output: ${n(usage.output)} tokens${usage.reasoning ? ` (${n(usage.reasoning)} for thinking)` : ''}`,
    `- Cost: ${cost === undefined ? 'no price is known for this model' : dollars(cost)}`,
  ];
  if (saved !== undefined && saved !== 0)
    lines.push(
      saved > 0
        ? `- Caching saved ${dollars(saved)}`
        : `- Writing the cache cost ${dollars(-saved)} more than it saved`,
    );
  if (usage.estimated) lines.push('- These numbers are estimates: the provider sent none.');
  return lines;
}

function attemptLine(attempt: Attempt, index: number, all: readonly Attempt[]): string {
  const status = attempt.status === undefined ? '' : `, HTTP ${attempt.status}`;
  const reason = attempt.reason ? `: ${prose(attempt.reason)}` : '';
  const next = all[index + 1];
  const nextKey =
    attempt.outcome === 'fellBack' &&
    attempt.keyName !== undefined &&
    next?.backend === attempt.backend &&
    next.model === attempt.model;
  const key = attempt.keyName === undefined ? '' : ` with the key ${code(attempt.keyName)}`;
  return `${index + 1}. after ${seconds(attempt.at)}: ${code(`${attempt.backend}/${attempt.model}`)}${key} ${nextKey ? 'failed, went to the next key' : OUTCOME[attempt.outcome]} in ${seconds(attempt.ms)}${status}${reason}`;
}

/** The provider's own answer to the last attempt it refused. */
function saidLines({ attempts }: RequestRecord): string[] {
  const refused = attempts.findLast(({ said }) => said !== undefined);
  if (!refused?.said) return [];
  const { headers, body } = refused.said;
  return [
    '## What the provider said',
    `Status ${refused.status ?? 'none'} from ${code(refused.backend)}. What stood in the request is taken out (…), and so are keys.`,
    '',
    ...Object.entries(headers).map(([name, value]) => `- ${code(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : fenced(body)),
    '',
  ];
}

/** What was sent of each call, so that a client's own assembly can be told from ours. */
function callLines({ toolCalls = [] }: RequestRecord): string[] {
  if (toolCalls.length === 0) return [];
  const line = ({ name, length, parsed }: SentCall): string => {
    const whole = parsed === undefined ? 'raw text' : parsed ? 'whole JSON' : 'no whole JSON';
    return `- ${code(name)}: ${length.toLocaleString('en-US')} characters of arguments, ${whole}`;
  };
  return ['## Tool calls as they were sent to Cursor', ...toolCalls.map(line), ''];
}

/** The whole story of a request as Markdown. */
export function requestStory(record: RequestRecord): string {
  const client =
    record.client === 'cursor'
      ? `Cursor${record.dialect ? `, ${dialectWords(record.dialect)}` : ''}`
      : record.client === 'vscode'
        ? 'VS Code'
        : 'An API client';
  const why = record.via && (VIA[record.via] ?? prose(record.via));
  const speed = tokensPerSecond(record);
  const outcome = record.error ? `Failed with status ${record.status}` : `Answered with status ${record.status}`;
  const upstream =
    record.upstreamStatus !== undefined && record.upstreamStatus !== record.status
      ? ` (the provider said ${record.upstreamStatus})`
      : '';
  const lines = [
    `# Request ${record.id}`,
    '',
    `${outcome}${upstream}${record.finish ? `, finish reason ${code(record.finish)}` : ''}.`,
    ...(record.error ? ['', prose(record.error)] : []),
    '',
    '## Who asked',
    `- ${client}, on ${code(record.route)}${record.stream ? ', as a stream' : ''}`,
    `- Key ${code(record.clientKey)}, through ${code(record.host)}, at ${record.time}`,
    ...(record.conversation ? [`- Conversation ${code(record.conversation)}`] : []),
    '',
    '## Where it went',
    `- Asked for ${code(record.askedModel)}`,
    record.backend
      ? `- Sent to ${code(record.upstreamModel ?? '')} at ${code(record.backend)}${why ? `, because ${why}` : ''}`
      : '- Sent nowhere',
    ...(record.kind ? [`- The model was chosen by the kind of the request: ${KIND[record.kind]}`] : []),
    `- What was changed on the way: ${record.rules.length > 0 ? prose(record.rules.map(ruleWords).join('; ')) : 'nothing, the request went on as it came'}`,
    '',
    '## Attempts',
    ...(record.attempts.length > 0 ? record.attempts.map(attemptLine) : ['None.']),
    '',
    ...saidLines(record),
    ...callLines(record),
    '## Time and size',
    ...(record.firstMs === undefined ? [] : [`- First content after ${seconds(record.firstMs)}`]),
    `- ${seconds(record.ms)} in all${speed === undefined ? '' : `, ${speed.toFixed(1)} tokens a second`}`,
    `- ${record.bytesIn.toLocaleString('en-US')} bytes in, ${record.bytesOut.toLocaleString('en-US')} bytes out`,
    '',
    '## Usage',
    ...usageLines(record),
  ];
  return `${lines.join('\n')}\n`;
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Body of a small request of the same kind; prompts are not kept, so a placeholder stands for the text. */
function sampleBody({ route, askedModel: model, stream }: RequestRecord): object {
  const text = 'YOUR TEXT';
  if (route === 'responses') return { model, stream, input: text };
  if (route === 'messages') return { model, stream, max_tokens: 1_024, messages: [{ role: 'user', content: text }] };
  if (route === 'embeddings') return { model, input: text };
  if (route === 'completions') return { model, stream, prompt: text };
  return { model, stream, messages: [{ role: 'user', content: text }] };
}

/**
 * A curl command (POSIX shell) that asks the same model in the same form. The key stands as `$LLM_ROUTER_KEY`, the prompt as
 * a placeholder: neither is kept. `baseUrl` ends in /v1.
 */
export function copyAsCurl(record: RequestRecord, baseUrl: string): string {
  return [
    `curl ${record.stream ? '-N ' : ''}${shellQuoted(`${baseUrl.replace(/\/+$/, '')}/${record.route}`)}`,
    '-H "Authorization: Bearer $LLM_ROUTER_KEY"',
    "-H 'Content-Type: application/json'",
    `-d ${shellQuoted(JSON.stringify(sampleBody(record)))}`,
  ].join(' \\\n  ');
}
