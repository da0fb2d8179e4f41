/** Frames, cuts and reads streams for tests of the wires. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { StreamParser } from '../../src/wires/codec';
import type { StreamEvent } from '../../src/wires/conversation';
import { createSseSplitter } from '../../src/wires/sse';

/** Recorded provider answers, where they are present; tests say `skipped` when they are not. */
const folder = path.join(process.env.LLM_ROUTER_FIXTURES ?? '../shared/fixtures', 'streams');

/** Names of the recordings that match, without their ending; empty when there are none on this machine. */
export function recordedStreams(pattern: RegExp): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.chunks.txt') && pattern.test(file))
    .map((file) => file.slice(0, -'.chunks.txt'.length));
}

/** The events of a recording, one JSON text each. */
export function recordedEvents(name: string): string[] {
  return readFileSync(path.join(folder, `${name}.chunks.txt`), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

export function recordedFile(name: string): string | undefined {
  const file = path.join(folder, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Everything a parser makes of a stream whose bytes are cut into pieces of the given sizes, over and over. */
export function readStream(
  parser: StreamParser,
  stream: string | Buffer,
  sizes: readonly number[] = [1 << 20],
): StreamEvent[] {
  const bytes = Buffer.from(stream);
  const splitter = createSseSplitter();
  const events: StreamEvent[] = [];
  const take = (raw: ReturnType<typeof splitter.push>) => {
    for (const event of raw) {
      if (!event.comment)
        events.push(
          ...parser.push(event.event === undefined ? { data: event.data } : { event: event.event, data: event.data }),
        );
    }
  };
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    take(splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  take(splitter.finish());
  events.push(...parser.finish());
  return events;
}

/** The data of each event in SSE text, without the `[DONE]` at its end. */
export function dataOf(stream: string): string[] {
  const splitter = createSseSplitter();
  const events = [...splitter.push(Buffer.from(stream)), ...splitter.finish()];
  return events.filter((event) => !event.comment && event.data !== '[DONE]').map((event) => event.data);
}

/** Events with neighbouring deltas of one block joined: how a stream was cut into deltas means nothing. */
export function joined(events: readonly StreamEvent[]): StreamEvent[] {
  const out: StreamEvent[] = [];
  for (const event of events) {
    const last = out.at(-1);
    if (last && 'text' in event && 'text' in last && last.type === event.type && last.index === event.index) {
      out[out.length - 1] = { ...last, text: last.text + event.text };
    } else out.push(event);
  }
  return out;
}
