/** One small real request to a backend that is being set up: does the address answer, is the key accepted, does a model reply? */

import type { Backend, Target } from '../routing/backend';
import { abilitiesFor, upstreamUrl } from '../routing/build';
import { spoken, type Told, type Words, wordsOf } from '../said';
import { codecFor } from '../wires/codecs';
import type { Conversation } from '../wires/conversation';
import { ask, type Reply } from './ask';
import { upstreamHeaders } from './headers';
import { fetchList } from './modelList';
import { networkSaid, redirectSaid } from './networkErrors';
import { ownRequest, plainTarget } from './ownRequest';
import type { Send, UpstreamRequest } from './send';
import { say } from './sentences';
import { signedOut } from './signedOut';

/** What to change first when it fails. */
export type TestFault = 'address' | 'key' | 'model';

export interface TestResult extends Told<'message'> {
  ok: boolean;
  fault?: TestFault;
  models: string[];
  ms: number;
}

/** Milliseconds for the one request; a local model may have to be loaded first. */
const TEST_MS = 60_000;
const CONNECT_MS = 10_000;
const ANSWER_BYTES = 1024 * 1024;

/** @param options.model upstream name; without it a small chat model of the list is asked. */
export async function testBackend(options: {
  send: Send;
  backend: Backend;
  key?: string;
  model?: string;
  now(): number;
}): Promise<TestResult> {
  const { send, backend, key, now } = options;
  const begun = now();
  const headers = upstreamHeaders(backend, key);
  const asked = { send, url: new URL(upstreamUrl(backend, 'models')), headers, local: backend.local };
  const models = (await fetchList(asked, 10_000))?.ids ?? [];
  const told = (message: Words): Omit<TestResult, 'ok'> => ({
    ...spoken({ message }),
    models: [...models],
    ms: now() - begun,
  });
  const failed = (fault: TestFault, message: Words): TestResult => ({ ok: false, fault, ...told(message) });
  const model = options.model || likelyChatModel(models);
  if (!model) return failed(...(await whyNoModels(backend, headers, send)));
  const named: Target = {
    backend,
    upstreamModel: model,
    clientModel: model,
    keyName: backend.name,
    abilities: abilitiesFor(backend, model),
    fallbacks: [],
    via: 'exact',
  };
  const target = plainTarget(named);
  const wire = codecFor(target.backend.wire);
  const conversation: Conversation = {
    model,
    turns: [{ role: 'user', parts: [{ type: 'text', text: 'Say hi.' }] }],
    maxOutputTokens: 16,
    stream: false,
  };
  const reply = await askHere(send, ownRequest(target, key, conversation));
  if ('error' in reply) return failed('address', networkSaid(reply.error, backend.name, false));
  const redirect = redirectSaid(reply.status, reply.headers, backend.name);
  if (redirect) return failed('address', redirect);
  if (reply.status >= 300) {
    const failure = signedOut(named, key, reply.status) ?? wire.parseError(reply.status, reply.headers, reply.text);
    return failed(failure.kind === 'auth' ? 'key' : 'model', wordsOf(failure));
  }
  try {
    wire.parseAnswer(JSON.parse(reply.text));
  } catch {
    return failed('address', say.noAnswer(backend.name));
  }
  return { ok: true, ...told(say.answered(model)) };
}

/** A refused key or a dead address is a better reason than an empty list. */
async function whyNoModels(backend: Backend, headers: Record<string, string>, send: Send): Promise<[TestFault, Words]> {
  const reply = await askHere(send, {
    method: 'GET',
    url: new URL(upstreamUrl(backend, 'models')),
    headers,
    local: backend.local,
  });
  if ('error' in reply) return ['address', networkSaid(reply.error, backend.name, false)];
  const redirect = redirectSaid(reply.status, reply.headers, backend.name);
  if (redirect) return ['address', redirect];
  if (reply.status === 401 || reply.status === 403) {
    const { message } = codecFor(backend.wire).parseError(reply.status, reply.headers, reply.text);
    return ['key', say.keyRefused(backend.name, message)];
  }
  return ['address', say.noModels(backend.name, backend.baseUrl)];
}

/** Lists mix chat models with others; these words tell the others, and models that cost or think a lot for a "hi". */
const NO_CHAT =
  /embed|whisper|tts|dall-e|image|imagen|moderation|audio|realtime|transcribe|rerank|guard|davinci|babbage|sora|veo-|video|lyria|ocr|computer-use|clip|instruct-\d{4}/i;
const HEAVY = /deep-research|-search|[-.]pro\b|-codex|opus|reasoner|thinking|^o\d/i;
const SMALL = /mini(?!max)|nano|flash|haiku|lite|small|instant|\b[1-9]b\b/i;

/** A small chat model where the list has one, else the first that is neither of another kind nor heavy. */
export function likelyChatModel(models: readonly string[]): string | undefined {
  const chat = models.filter((id) => !NO_CHAT.test(id));
  const light = chat.filter((id) => !HEAVY.test(id));
  return light.find((id) => SMALL.test(id)) ?? light[0] ?? chat[0] ?? models[0];
}

function askHere(send: Send, request: Omit<UpstreamRequest, 'connectMs'>): Promise<Reply> {
  return ask({ send, request: { ...request, connectMs: CONNECT_MS }, ms: TEST_MS, mostBytes: ANSWER_BYTES });
}
