import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { codecFor } from '../../../src/wires/codecs';
import type { JsonObject, JsonValue, WireName } from '../../../src/wires/conversation';
import { isObject } from '../../../src/wires/read';
import { type SdkType, sdkProblems } from '../../support/sdkSchemas';
import { checkAnthropicRequest, checkOpenAiChatRequest, checkResponsesRequest } from '../../support/strictProviders';
import { arbitraryConversation, arbitraryTarget } from '../../support/wireConversations';

const CHECKS: Record<WireName, (body: JsonObject) => string | undefined> = {
  chat: (body) => checkOpenAiChatRequest(body),
  responses: checkResponsesRequest,
  messages: checkAnthropicRequest,
};
const REQUEST: Record<WireName, SdkType> = {
  chat: 'ChatCompletionCreateParams',
  responses: 'ResponseCreateParams',
  messages: 'MessageCreateParams',
};

/** The body without what these SDK versions have no type for although the API takes it. */
function typed(body: JsonObject): JsonObject {
  const skip = new Set(['temperature', 'top_p', 'top_k', 'reasoning_content', 'reasoning_details']);
  const clean = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(clean);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, each]) => (skip.has(key) ? [] : [[key, clean(each)]])),
    );
  };
  return clean(body) as JsonObject;
}
const WIRES: readonly WireName[] = ['chat', 'responses', 'messages'];

describe('any conversation on any wire', () => {
  for (const wire of WIRES) {
    const codec = codecFor(wire);

    it(`passes what a strict ${wire} provider demands`, () => {
      fc.assert(
        fc.property(arbitraryConversation, arbitraryTarget(wire), (conversation, target) => {
          const before = structuredClone(conversation);
          const body = codec.emitRequest(conversation, target);
          assert.equal(CHECKS[wire](body), undefined, JSON.stringify(body, null, 1));
          assert.deepEqual(conversation, before, 'the conversation was changed');
        }),
        { numRuns: 400 },
      );
    });

    it(`is a ${wire} request by the SDK's own types`, () => {
      fc.assert(
        fc.property(arbitraryConversation, arbitraryTarget(wire), (conversation, target) => {
          const body = codec.emitRequest(conversation, target);
          assert.deepEqual(sdkProblems(REQUEST[wire], typed(body)), [], JSON.stringify(body, null, 1));
        }),
        { numRuns: 100 },
      );
    });

    it(`gives the same ${wire} text for the same conversation`, () => {
      fc.assert(
        fc.property(arbitraryConversation, arbitraryTarget(wire), (conversation, target) => {
          const once = JSON.stringify(codec.emitRequest(conversation, target));
          assert.equal(JSON.stringify(codec.emitRequest(structuredClone(conversation), target)), once);
        }),
        { numRuns: 100 },
      );
    });

    it(`reads its own ${wire} requests back without loss`, () => {
      fc.assert(
        fc.property(arbitraryConversation, arbitraryTarget(wire), (conversation, target) => {
          // What a target refuses is gone after the first emission; this is about the rest.
          const keeping = { ...target, addCacheControl: false, strictTools: true };
          // With instructions in front: without, an empty first turn that goes makes the next one the first.
          const turns = [
            { role: 'system' as const, parts: [{ type: 'text' as const, text: 'Be brief.' }] },
            ...conversation.turns,
          ];
          const body = codec.emitRequest({ ...conversation, turns }, keeping);
          const again = codec.emitRequest(codec.parseRequest(body), keeping);
          // A client of this wire that asks for thinking gets to see it.
          for (const each of [again, body]) if (isObject(each.thinking)) delete each.thinking.display;
          assert.deepEqual(again, body);
        }),
        { numRuns: 200 },
      );
    });

    for (const other of WIRES) {
      if (other === wire) continue;
      it(`translates any ${wire} request for a strict ${other} provider`, () => {
        fc.assert(
          fc.property(
            arbitraryConversation,
            arbitraryTarget(wire),
            arbitraryTarget(other),
            (conversation, from, to) => {
              const sent = codec.emitRequest(conversation, from);
              const body = codecFor(other).emitRequest(codec.parseRequest(sent), to);
              assert.equal(CHECKS[other](body), undefined, JSON.stringify({ sent, body }, null, 1));
            },
          ),
          { numRuns: 150 },
        );
      });
    }
  }
});
