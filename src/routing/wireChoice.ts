/**
 * Which API a model is asked over: a fact of the model and of the request, not of the provider (issue 15 §1). The same for
 * every turn of a conversation once it had tools.
 */
import { modelFamily } from '../models/families';
import type { ChatRefusal } from '../models/family';
import type { ModelSettings } from '../settings/schema';
import type { Wire } from '../wires/wire';
import type { Target } from './backend';
import { modelNameOf } from './build';

/** What of a request decides. */
export interface WireWish {
  /** It has tools, or its history has calls of some. */
  tools: boolean;
  /** An effort or a thinking budget is asked for; `none` says that thinking is switched off. */
  effort?: string;
  /** Something that only chat carries, as `logprobs`: it stays there and a refusal is told. */
  onlyChat: boolean;
}

/** Providers that serve Responses beside chat at the same address. */
const SERVES_RESPONSES: readonly (string | undefined)[] = ['openai', 'azure'];

/** Models whose provider said "only supported in v1/responses" and then answered there; names only, of this process. */
const learned = new Set<string>();
const MOST_LEARNED = 500;

const keyOf = ({ backend, upstreamModel }: Target): string => `${backend.baseUrl} ${upstreamModel}`;

/** When the maker's chat address refuses the model. */
export function chatRefusal(upstreamModel: string, model?: ModelSettings): ChatRefusal | undefined {
  return modelFamily(modelNameOf(upstreamModel, model))?.chatRefuses;
}

export function chooseWire(target: Target, wish: () => WireWish): Wire {
  const { backend, model, upstreamModel } = target;
  if (model?.wire !== undefined) return model.wire;
  if (backend.wire !== 'chat') return backend.wire;
  const taught = learned.has(keyOf(target));
  const known = !backend.ownWire && (model?.base !== undefined || SERVES_RESPONSES.includes(backend.preset));
  const refuses = known ? chatRefusal(upstreamModel, model) : undefined;
  if (!taught && refuses === undefined) return backend.wire;
  const { tools, effort, onlyChat } = wish();
  if (onlyChat) return 'chat';
  if (taught || refuses === 'always') return 'responses';
  if (!tools || effort === 'none') return 'chat';
  return refuses === 'tools' || effort !== undefined ? 'responses' : 'chat';
}

/** The provider's own words for "not over chat": OpenAI's two texts (tmuxai#82, crush#2913). */
export function asksForResponses(message: string): boolean {
  return /only supported in v1\/responses|use \/v1\/responses/i.test(message);
}

/** Called when a model that was refused over chat answered over Responses. */
export function rememberResponses(target: Target): void {
  if (learned.size >= MOST_LEARNED) learned.clear();
  learned.add(keyOf(target));
}

export function forgetResponses(): void {
  learned.clear();
}
