/** Reads what Cursor would receive: SSE text of chat.completion.chunk events, added up, with the skeleton checked (R1–R7). */
import assert from 'node:assert/strict';

export interface ReadCall {
  id: string;
  type: string;
  name: string;
  arguments: string;
}
export interface ReadStream {
  content: string;
  calls: ReadCall[];
  finish: string | null;
  usage: Record<string, unknown> | undefined;
  model: string;
  id: string;
  errors: unknown[];
  chunks: Chunk[];
}
interface CallDelta {
  index: number;
  id?: string;
  type?: string;
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
}
interface Chunk {
  id: string;
  object: string;
  created: number;
  model: string;
  error?: unknown;
  choices: {
    index: number;
    delta: { role?: string; content?: string | null; tool_calls?: CallDelta[] };
    finish_reason: string | null;
  }[];
  usage?: Record<string, unknown>;
}

export function readCursorStream(text: string): ReadStream {
  const frames = text.split('\n\n');
  assert.equal(frames.pop(), '', 'every event ends with a blank line');
  assert.equal(frames.at(-1), 'data: [DONE]', '[DONE] is last (R1)');
  assert.equal(frames.filter((frame) => frame === 'data: [DONE]').length, 1);
  const chunks = frames.slice(0, -1).map((frame) => {
    assert.ok(frame.startsWith('data: ') && !frame.includes('\n'), frame);
    return JSON.parse(frame.slice(6)) as Chunk;
  });
  const errors = chunks.filter((chunk) => chunk.error).map((chunk) => chunk.error);
  const real = chunks.filter((chunk) => !chunk.error);
  const first = real[0];
  assert.ok(first, 'there is a chunk');
  const read: ReadStream = {
    content: '',
    calls: [],
    finish: null,
    usage: undefined,
    model: first.model,
    id: first.id,
    errors,
    chunks,
  };
  assert.equal(first.choices[0]?.delta.role, 'assistant', 'role in the first delta (R1)');
  let finished = false;
  for (const chunk of real) {
    assert.equal(chunk.object, 'chat.completion.chunk');
    assert.deepEqual(
      [chunk.id, chunk.created, chunk.model],
      [first.id, first.created, first.model],
      'constant head (R1)',
    );
    if (chunk.usage) {
      assert.deepEqual(chunk.choices, []);
      read.usage = chunk.usage;
    }
    for (const { delta, finish_reason } of chunk.choices) {
      assert.ok(!finished, 'nothing after the finish reason');
      if (delta.content) read.content += delta.content;
      for (const call of delta.tool_calls ?? []) takeCall(read.calls, call);
      if (finish_reason !== null) {
        assert.ok(['stop', 'length', 'tool_calls', 'content_filter'].includes(finish_reason), 'R7');
        finished = true;
        read.finish = finish_reason;
      }
    }
  }
  assert.ok(read.usage, 'usage chunk always (R20)');
  assert.equal(real.at(-1)?.usage, read.usage, 'usage is the last chunk');
  return read;
}

function takeCall(calls: ReadCall[], delta: CallDelta): void {
  const payload = delta.function ?? delta.custom ?? {};
  if (delta.id !== undefined) {
    assert.equal(delta.index, calls.length, 'indices from 0 without gaps (R5)');
    const text = delta.function ? delta.function.arguments : delta.custom?.input;
    assert.equal(text, '', 'the first delta has empty arguments (R6)');
    calls.push({ id: delta.id, type: delta.type ?? '', name: payload.name ?? '', arguments: '' });
    return;
  }
  assert.equal(payload.name, undefined, 'the name comes once (R6)');
  const call = calls[delta.index];
  assert.ok(call, 'arguments follow their first delta');
  call.arguments += delta.function?.arguments ?? delta.custom?.input ?? '';
}
