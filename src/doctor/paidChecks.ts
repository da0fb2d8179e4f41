/** Small real requests through the router itself, only when a person asks for them: an answer, a stream, a tool call. */
import type { Backend } from '../routing/backend';
import { isPattern } from '../routing/patterns';
import { clientNames } from '../routing/resolve';
import { type Answer, ask } from '../upstream/ask';
import { networkSaid } from '../upstream/networkErrors';
import type { ListedModels } from './backendChecks';
import { type Check, type Finding, failed, MANAGE_BACKENDS, ok, openSetting, skipped, warning } from './check';
import { type DoctorFacts, localOrigin } from './facts';
import { say } from './sentences';

/** A local model may have to be loaded first; the three requests of a backend follow each other. */
const REQUEST_MS = 60_000;
/** Enough for a model that thinks before it speaks, and next to nothing in money. */
const MAX_TOKENS = 400;

const KINDS = [
  { kind: 'answer', title: say.paidAnswer, prompt: 'Say hi.' },
  { kind: 'stream', title: say.paidStream, prompt: 'Count from 1 to 30 in words.' },
  { kind: 'tool', title: say.paidTool, prompt: 'Call the tool report with the word "hi".' },
] as const;
type Kind = (typeof KINDS)[number]['kind'];

/** @param free settles when the list of models is known */
export function paidChecks(
  backend: Backend,
  facts: DoctorFacts,
  { listed, free }: { listed: ListedModels; free: Promise<unknown> },
): Check[] {
  let before: Promise<unknown> = free;
  return KINDS.map(({ kind, title, prompt }, index) => ({
    id: `paid-${kind}:${backend.name}`,
    title: title(backend.name),
    limitMs: REQUEST_MS * (index + 1) + 10_000,
    look(signal) {
      // One after the other: several at once would meet the rate limits of small accounts.
      const mine = before.then(() => request(kind, prompt, backend, facts, listed, signal));
      before = mine.catch(() => undefined);
      return mine;
    },
  }));
}

async function request(
  kind: Kind,
  prompt: string,
  backend: Backend,
  facts: DoctorFacts,
  listed: ListedModels,
  signal: AbortSignal,
): Promise<Finding> {
  const { listener } = facts;
  if (!listener) return skipped(say.nothingListens);
  const model = modelOf(backend, listed.get(backend.name) ?? []);
  if (!model) return skipped(say.noModel(backend.name), say.noModelFix);
  const answer = await ask({
    send: facts.send,
    now: facts.now,
    ms: REQUEST_MS,
    signal,
    request: {
      method: 'POST',
      url: new URL(`${localOrigin(listener)}/v1/chat/completions`),
      headers: { authorization: `Bearer ${facts.probeKey}`, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(bodyFor(kind, model, prompt, backend))),
      local: true,
    },
  });
  if ('error' in answer) return failed(networkSaid(answer.error, model, false), say.restartLog);
  if (answer.status !== 200)
    return failed(say.modelStatus(model, answer.status, messageIn(answer)), say.modelStatusFix, MANAGE_BACKENDS);
  return VERDICTS[kind](answer, model);
}

const TOOL = {
  type: 'function',
  function: {
    name: 'report',
    description: 'Reports one word.',
    parameters: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
  },
};

function bodyFor(kind: Kind, model: string, prompt: string, { quirks }: Backend): object {
  return {
    model,
    // A plain client's body is passed on as it is, so the field has to be the provider's own.
    [quirks.maxTokensField]: MAX_TOKENS,
    messages: [{ role: 'user', content: prompt }],
    ...(kind === 'stream' && { stream: true }),
    ...(kind === 'tool' && { tools: [TOOL], tool_choice: 'auto' }),
  };
}

interface Completion {
  choices?: {
    message?: { content?: unknown; tool_calls?: unknown[] };
    delta?: { content?: unknown };
    finish_reason?: unknown;
  }[];
}

const VERDICTS: Record<Kind, (answer: Answer, model: string) => Finding> = {
  answer(answer, model) {
    const choice = parse(answer.text)?.choices?.[0];
    return choice
      ? ok(say.modelAnswered(model))
      : failed(say.noCompletion(model), say.noCompletionFix, openSetting('backends'));
  },
  stream({ text, arrivals }, model) {
    const events = text.split('\n').filter((line) => /^data: *\{/.test(line)).length;
    if (events === 0) return failed(say.noStream(model), say.noStreamFix, MANAGE_BACKENDS);
    const spread = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
    if (arrivals.length < 2 || events < 3)
      return warning(say.streamInOnePiece(model), say.streamInOnePieceFix, MANAGE_BACKENDS);
    return ok(say.modelStreamed(model, events, Math.round(spread)));
  },
  tool(answer, model) {
    const calls = parse(answer.text)?.choices?.[0]?.message?.tool_calls;
    return Array.isArray(calls) && calls.length > 0
      ? ok(say.toolCalled(model))
      : warning(say.toolNotCalled(model), say.toolNotCalledFix, MANAGE_BACKENDS);
  },
};

function parse(text: string): Completion | undefined {
  try {
    return JSON.parse(text.trim()) as Completion;
  } catch {
    return undefined;
  }
}

function messageIn({ text }: Answer): string {
  try {
    const { error } = JSON.parse(text.trim()) as { error?: { message?: unknown } };
    return typeof error?.message === 'string' ? ` ${error.message.slice(0, 200)}` : '';
  } catch {
    return '';
  }
}

/** The name a client would use: a configured model first, else the first that looks like a chat model. */
function modelOf(backend: Backend, ids: readonly string[]): string | undefined {
  const configured = backend.models.find((model) => !isPattern(model) && model.hidden !== true);
  if (configured) return configured.id;
  const other = /embed|whisper|tts|dall-e|image|moderation|audio|realtime|transcribe|rerank|guard|davinci|babbage/i;
  return clientNames(
    backend,
    ids.filter((id) => !other.test(id)),
  )[0];
}
