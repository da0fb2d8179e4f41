import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { compactReply, cursorError, failureSentence } from '../../../src/cursor/errors';
import type { ApiFailure, FailureKind, JsonObject } from '../../../src/wires/conversation';
import { readCursorStream } from '../../support/cursorStream';

const context = { provider: 'Anthropic', model: 'mine/opus' };
const options = { model: 'mine/opus', id: 'chatcmpl-1', created: 1, includeUsage: true };
const errorOf = (failure: ApiFailure) => cursorError(failure, context).body.error as JsonObject;
const KINDS: FailureKind[] = [
  ...([
    'badRequest',
    'auth',
    'permission',
    'notFound',
    'notLoaded',
    'rateLimit',
    'quota',
    'overloaded',
    'server',
  ] as const),
  ...(['timeout', 'network', 'contextLength', 'contentPolicy', 'protocol', 'cancelled'] as const),
];
const BANNED = /overloaded|rate_limit_error|upstream_failed|server_error/i;

describe('cursor errors', () => {
  it('E1, E4: every kind is a 400 of type invalid_request_error with provider, status and advice', () => {
    for (const kind of KINDS) {
      const { status, body } = cursorError({ status: 503, kind, message: 'boom' }, context);
      const error = body.error as JsonObject;
      assert.equal(status, 400);
      assert.equal(error.type, 'invalid_request_error');
      const message = String(error.message);
      if (kind !== 'contextLength' && kind !== 'cancelled') assert.match(message, /Anthropic/, kind);
      assert.match(message, /HTTP 503/);
      assert.match(message, /boom/);
    }
  });
  it('E1: says how long to wait', () => {
    const message = failureSentence({ status: 429, kind: 'rateLimit', message: '', retryAfterSeconds: 20 }, context);
    assert.equal(message, 'Anthropic is at its limit (HTTP 429). Try again in 20 s, or choose another model.');
  });
  it('what the router itself says is told as it is', () => {
    const message = 'No key is known for Acme. Set ACME_KEY.';
    assert.equal(failureSentence({ status: 401, kind: 'auth', message, own: true }, context), message);
    const late = failureSentence(
      { status: 504, kind: 'timeout', message: 'Anthropic did not answer within 9 s.' },
      context,
    );
    assert.equal(late, 'Anthropic did not answer within 9 s. Try again in a moment, or choose another model.');
  });
  it('E2: banned words never leave, also not in the words of the provider, its code or its param', () => {
    const word = fc.constantFrom(
      'overloaded',
      'Overloaded_Error',
      'RATE_LIMIT_ERROR',
      'upstream_failed',
      'internal_server_error',
      'engine_overloaded',
      'server_error',
    );
    const messages = fc.tuple(fc.string(), word, fc.string(), word).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(messages, word, word, fc.constantFrom(...KINDS), (message, code, param, kind) => {
        const { body } = cursorError({ status: 529, kind, message, code, type: code, param }, context);
        assert.doesNotMatch(JSON.stringify(body), BANNED);
      }),
      { numRuns: 200 },
    );
  });
  it('E2: no key of a provider is repeated', () => {
    assert.doesNotMatch(
      String(
        errorOf({ status: 401, kind: 'auth', message: 'Incorrect API key provided: sk-proj-abcdefgh1234567890wxyz.' })
          .message,
      ),
      /sk-proj/,
    );
  });
  it('keeps harmless codes only', () => {
    assert.equal(
      errorOf({ status: 400, kind: 'contextLength', message: 'x', code: 'context_length_exceeded' }).code,
      'context_length_exceeded',
    );
    assert.equal(errorOf({ status: 500, kind: 'server', message: 'x', code: 'server_error' }).code, null);
  });

  for (const { name, input, expect, note } of JSON.parse(
    readFileSync('test/fixtures/cursor/cursor_error_shapes.json', 'utf8'),
  ).cases) {
    it(`shapes: ${name} (${note.split(':')[0]})`, () => {
      // What we send is always of the one allowed shape, whatever came in.
      const ours = cursorError({ status: input.status, message: input.message, code: input.code ?? null }, context);
      const same = ours.status === input.status && errorOf({ status: 400, message: input.message }).type === input.type;
      assert.equal(same && expect.allowed_by_rules, same);
      assert.doesNotMatch(JSON.stringify(ours.body), BANNED);
    });
  }
  const { cases } = JSON.parse(readFileSync('test/fixtures/cursor/codexlb_cursor.json', 'utf8'));
  it('codex-lb: overflow with the switch on is an empty reply with a full context (E7)', () => {
    const { expect } = cases.find(({ name }: JsonObject) => name === 'stream');
    const read = readCursorStream(compactReply(true, options));
    assert.equal(read.content, '');
    assert.equal(read.finish, expect.second_last_chunk.finish_reason);
    assert.deepEqual(read.usage, expect.last_chunk.usage);
    assert.equal(read.chunks.at(-2)?.usage, undefined);
    const whole = compactReply(false, options);
    assert.deepEqual(whole.usage, expect.last_chunk.usage);
  });
  it('codex-lb: with the switch off a 400 says so (E1)', () => {
    const { input, expect } = cases.find(({ name }: JsonObject) => name === 'other-user-agent');
    const { status, body } = cursorError({ status: 400, kind: 'contextLength', ...input.upstream_error }, context);
    assert.equal(status, expect.status);
    assert.equal((body.error as JsonObject).code, expect['error.code']);
    assert.equal((body.error as JsonObject).param, expect['error.param']);
  });
});
