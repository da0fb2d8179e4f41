/** Cost of translating, per streamed event and per 1 MB request, beside what parsing alone costs. In this process, no sockets. */

import { createCursorEmitter } from '../../src/cursor/reply';
import { readCursorRequest } from '../../src/cursor/request';
import type { EmitTarget } from '../../src/wires/codec';
import { codecFor } from '../../src/wires/codecs';
import type { JsonObject, StreamEvent, WireName } from '../../src/wires/conversation';
import { createSseSplitter } from '../../src/wires/sse';
import { agentBody, median } from './client';
import type { Report } from './rows';

const WIRES: readonly WireName[] = ['chat', 'responses', 'messages'];
const EVENTS = 2_000;
const options = { model: 'm', id: 'x', created: 1, includeUsage: true };
const target: EmitTarget = {
  model: 'm',
  customTools: 'function',
  reasoningField: 'none',
  serviceTier: false,
  developerRole: true,
  metadata: false,
  maxIdLength: 64,
  unsupportedParams: [],
  refusedSchemaKeys: [],
  roleRewrites: {},
  strictTools: true,
  addCacheControl: false,
  maxTokensField: 'max_tokens',
};

/** A long text answer on one wire, as bytes. */
function streamBytes(wire: WireName): Buffer {
  const emitter = codecFor(wire).createStreamEmitter(options);
  const events: StreamEvent[] = [{ type: 'start' }];
  for (let n = 0; n < EVENTS; n++) events.push({ type: 'text', index: 0, text: `word${n} "quoted"\n` });
  events.push(
    { type: 'finish', reason: 'stop' },
    { type: 'usage', usage: { input: 1, output: EVENTS } },
    { type: 'end' },
  );
  return Buffer.from(events.map((event) => emitter.push(event)).join('') + emitter.finish());
}

/** Median CPU milliseconds of one run. */
function cpu(run: () => void): number {
  for (let n = 0; n < 5; n++) run();
  const times: number[] = [];
  for (let n = 0; n < 15; n++) {
    const before = process.cpuUsage();
    run();
    const used = process.cpuUsage(before);
    times.push((used.user + used.system) / 1000);
  }
  return median(times);
}

export function measureTranslation(report: Report): void {
  for (const from of WIRES) {
    const bytes = streamBytes(from);
    const split = (each: (event: { event?: string; data: string }) => void) => {
      const splitter = createSseSplitter();
      for (const event of [...splitter.push(bytes), ...splitter.finish()]) each(event);
    };
    const parsing = cpu(() => split(({ data }) => data !== '[DONE]' && JSON.parse(data)));
    report(`stream ${from}: CPU per event, split and parsed`, (parsing * 1000) / EVENTS, ' µs', 4);
    const forms = [
      ...WIRES.filter((wire) => wire !== from).map(
        (wire) => [wire, () => codecFor(wire).createStreamEmitter(options)] as const,
      ),
      [
        'Cursor',
        () =>
          createCursorEmitter({
            ...options,
            thinking: 'details',
            customToolReply: 'function',
            midStreamError: 'text',
            provider: 'p',
            customToolNames: new Set(),
          }),
      ] as const,
    ];
    for (const [to, make] of forms) {
      const whole = cpu(() => {
        const parser = codecFor(from).createStreamParser();
        const emitter = make();
        let length = 0;
        split((event) => {
          for (const one of parser.push(event)) length += emitter.push(one).length;
        });
        if (length + emitter.finish().length === 0) throw new Error('nothing came out');
      });
      report(
        `stream ${from} → ${to}: CPU per event over parsing`,
        Math.max(0, ((whole - parsing) * 1000) / EVENTS),
        ' µs',
        4,
      );
    }
  }
  const bytes = agentBody(1_000_000);
  const parse = cpu(() => JSON.parse(bytes.toString('utf8')));
  for (const to of WIRES) {
    const whole = cpu(() =>
      JSON.stringify(
        codecFor(to).emitRequest(
          codecFor('chat').parseRequest(JSON.parse(bytes.toString('utf8')) as JsonObject),
          target,
        ),
      ),
    );
    report(
      `1 MB request chat → ${to}, relative to parsing`,
      whole / parse,
      ' ×',
      undefined,
      `  (${whole.toFixed(1)} ms)`,
    );
  }
  const cursor = cpu(() => readCursorRequest(JSON.parse(bytes.toString('utf8')) as JsonObject));
  report(
    '1 MB request read as Cursor, relative to parsing',
    cursor / parse,
    ' ×',
    undefined,
    `  (${cursor.toFixed(1)} ms)`,
  );
}
