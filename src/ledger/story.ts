/** One request told to a person: what was seen, decided, tried, used. Markdown, no prompt, no key. */
import { ruleWords } from '../cursor/ruleWords';
import type { Kind } from '../routing/kinds';
import { type Said, textOf, type Words, wordsOf } from '../said';
import { dollars } from './budgets';
import { tokensPerSecond } from './csv';
import { DIALECTS } from './dialectWords';
import type { Attempt, RequestRecord, SentCall } from './record';
import { say } from './sentences';

const VIA: Record<string, Said> = {
  exact: say.configuredModel,
  alias: say.alias,
  prefix: say.prefix,
  default: say.default,
  fallbackModel: say.fallbackModel,
};

const KIND: Record<Kind, Said> = {
  images: say.images,
  longInput: say.longInput,
  subagent: say.subagent,
  background: say.background,
};

const OUTCOME: Record<Attempt['outcome'], Said> = {
  ok: say.answered,
  retried: say.retried,
  fellBack: say.fellBack,
  failed: say.attemptFailed,
  cancelled: say.cancelled,
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

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

const count = (value: number): string => value.toLocaleString('en-US');

function usageLines({ usage, cost, saved }: RequestRecord): Words[] {
  if (!usage) return [say.noTokens];
  const cached = [
    ...(usage.cacheRead ? [say.fromCache(count(usage.cacheRead))] : []),
    ...(usage.cacheWrite ? [say.intoCache(count(usage.cacheWrite))] : []),
  ];
  return [
    say.input(count(usage.input), cached),
    say.output(count(usage.output), usage.reasoning ? count(usage.reasoning) : undefined),
    cost === undefined ? say.costUnknown : say.cost(dollars(cost)),
    ...(saved ? [saved > 0 ? say.cachingSaved(dollars(saved)) : say.cachingCost(dollars(-saved))] : []),
    ...(usage.estimated ? [say.estimated] : []),
  ];
}

function attemptLine(attempt: Attempt, index: number, all: readonly Attempt[]): Said {
  const { backend, model, keyName, outcome, reason, says } = attempt;
  const next = all[index + 1];
  const nextKey = outcome === 'fellBack' && keyName !== undefined && next?.backend === backend && next.model === model;
  return say.attempt(
    index + 1,
    seconds(attempt.at),
    code(`${backend}/${model}`),
    keyName === undefined ? undefined : code(keyName),
    nextKey ? say.nextKey : OUTCOME[outcome],
    seconds(attempt.ms),
    attempt.status,
    reason ? wordsOf({ message: reason, says }) : undefined,
  );
}

/** The provider's own answer to the last attempt it refused. */
function saidLines({ attempts }: RequestRecord): Words[] {
  const refused = attempts.findLast(({ said }) => said !== undefined);
  if (!refused?.said) return [];
  const { headers, body } = refused.said;
  const backend = code(refused.backend);
  return [
    say.whatTheProviderSaid,
    refused.status === undefined ? say.saidWithout(backend) : say.saidWith(refused.status, backend),
    '',
    ...Object.entries(headers).map(([name, value]) => `- ${code(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : fenced(body)),
    '',
  ];
}

/** What was sent of each call, so that a client's own assembly can be told from ours. */
function callLines({ toolCalls = [] }: RequestRecord): Words[] {
  if (toolCalls.length === 0) return [];
  const line = ({ name, length, parsed }: SentCall): Said => {
    const whole = parsed === undefined ? say.rawText : parsed ? say.wholeJson : say.noWholeJson;
    return say.toolCall(code(name), count(length), whole);
  };
  return [say.toolCalls, ...toolCalls.map(line), ''];
}

function clientOf({ client, dialect }: RequestRecord): Words {
  if (client === 'cursor') return dialect ? say.cursorIn(DIALECTS[dialect]) : 'Cursor';
  return client === 'vscode' ? 'VS Code' : say.apiClient;
}

function targetLine({ via, backend, upstreamModel }: RequestRecord): Said {
  if (!backend) return say.sentNowhere;
  const to = [code(upstreamModel ?? ''), code(backend)] as const;
  return via ? say.sentToBecause(...to, VIA[via] ?? via) : say.sentTo(...to);
}

function rulesOf({ rules, told = [] }: RequestRecord): Words[] {
  return rules.map((rule) => told.find(({ text }) => text === rule) ?? ruleWords(rule));
}

/** The story line by line, for whoever says it in another language. */
export function storyLines(record: RequestRecord): Words[] {
  const { status, upstreamStatus, error, says, finish, stream } = record;
  const speed = tokensPerSecond(record);
  const ended = error ? say.failed : say.succeeded;
  const asked = stream ? say.askedForStream : say.asked;
  return [
    say.story(record.id),
    '',
    ended(status, upstreamStatus === status ? undefined : upstreamStatus, finish && code(finish)),
    ...(error ? ['', say.why(wordsOf({ message: error, says }))] : []),
    '',
    say.whoAsked,
    asked(clientOf(record), code(record.route)),
    say.byKey(code(record.clientKey), code(record.host), record.time),
    ...(record.conversation ? [say.conversation(code(record.conversation))] : []),
    '',
    say.whereItWent,
    say.askedFor(code(record.askedModel)),
    targetLine(record),
    ...(record.kind ? [say.byKind(KIND[record.kind])] : []),
    record.rules.length > 0 ? say.changed(rulesOf(record)) : say.unchanged,
    '',
    say.attempts,
    ...(record.attempts.length > 0 ? record.attempts.map(attemptLine) : [say.noAttempts]),
    '',
    ...saidLines(record),
    ...callLines(record),
    say.timeAndSize,
    ...(record.firstMs === undefined ? [] : [say.firstContent(seconds(record.firstMs))]),
    say.inAll(seconds(record.ms), speed?.toFixed(1)),
    say.bytes(count(record.bytesIn), count(record.bytesOut)),
    '',
    say.usage,
    ...usageLines(record),
  ];
}

/** The whole story of a request as Markdown. */
export const requestStory = (record: RequestRecord): string => `${storyLines(record).map(textOf).join('\n')}\n`;

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
