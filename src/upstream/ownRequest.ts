/** A whole request of ours to a model: a test of a backend, a picture to be described. */
import type { Target } from '../routing/backend';
import { emitTargetFor, targetOnWire, upstreamUrl } from '../routing/build';
import { chooseWire } from '../routing/wireChoice';
import { codecFor } from '../wires/codecs';
import type { Conversation } from '../wires/conversation';
import { WIRE_PATHS } from '../wires/wire';
import { upstreamHeaders } from './headers';
import type { UpstreamRequest } from './send';

/** The target on the wire that a plain question goes over: some models are served over Responses only (issue 15 §1). */
export function plainTarget(target: Target): Target {
  return targetOnWire(
    target,
    chooseWire(target, () => ({ tools: false, onlyChat: false })),
  );
}

/** @param target see plainTarget. Throws RequestProblem for what its wire cannot carry. */
export function ownRequest(
  target: Target,
  key: string | undefined,
  conversation: Conversation,
): UpstreamRequest & { body: Buffer } {
  const { backend, upstreamModel } = target;
  return {
    method: 'POST',
    url: new URL(upstreamUrl(backend, WIRE_PATHS[backend.wire], upstreamModel)),
    headers: {
      ...upstreamHeaders(backend, key),
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: Buffer.from(JSON.stringify(codecFor(backend.wire).emitRequest(conversation, emitTargetFor(target)))),
    connectMs: backend.timeouts.connect * 1_000,
    local: backend.local,
  };
}
