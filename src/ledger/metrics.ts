/**
 * Numbers for monitoring, made from finished requests. Names and attributes follow OpenTelemetry's GenAI conventions where one
 * exists (seen from us as the client of the provider); the rest begins with `llm_router.`. The same numbers are given as Prometheus text
 * (dots become underscores, units are spelled out) and as OTLP JSON.
 */

import { presetOf } from '../routing/presets';
import type { RequestRecord } from './record';

type Attributes = Readonly<Record<string, string>>;

interface Instrument {
  name: string;
  /** UCUM, as OpenTelemetry writes it. */
  unit: string;
  help: string;
  /** Upper bounds; absent for a counter. */
  bounds?: readonly number[];
}
interface Series {
  attributes: Attributes;
  count: number;
  sum: number;
  /** One more than bounds; not cumulative. */
  buckets: number[];
}
interface Recorder extends Instrument {
  series: Map<string, Series>;
}

export interface Metrics {
  /** Takes a finished request; a few microseconds. */
  observe(record: RequestRecord): void;
  /** Prometheus text format 0.0.4. */
  prometheus(): string;
  /** OTLP/HTTP JSON (ExportMetricsServiceRequest), cumulative. */
  otlp(): object;
}

export interface MetricsWorld {
  /** Preset of a backend, for gen_ai.provider.name. */
  presetOf(backend: string): string | undefined;
  /** Requests running now. */
  running(): number;
  /** Milliseconds since the epoch. */
  now(): number;
  version: string;
}

/** Bounds that the conventions advise. */
const SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const FIRST_SECONDS = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40];
const TOKENS = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/** Names come from clients: beyond so many label sets of one instrument everything else is counted as `other`. */
const MAX_SERIES = 500;

/** Names of attributes, in the order of their values. */
const REQUEST = ['http.response.status_code', 'llm_router.client', 'llm_router.key'];
const ABOUT = ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model', 'llm_router.backend'];
const ABOUT_FAILED = [...ABOUT, 'error.type'];
const ABOUT_TOKENS = [...ABOUT, 'gen_ai.token.type'];
const COST = ['llm_router.backend', 'gen_ai.request.model', 'llm_router.key'];
const ATTEMPT = ['llm_router.backend', 'llm_router.outcome'];

const OPERATIONS: Readonly<Record<string, string>> = {
  'chat/completions': 'chat',
  responses: 'chat',
  messages: 'chat',
  completions: 'text_completion',
};

export function createMetrics(world: MetricsWorld): Metrics {
  const startedAt = world.now();
  const instrument = (name: string, unit: string, help: string, bounds?: readonly number[]): Recorder => ({
    name,
    unit,
    help,
    bounds,
    series: new Map(),
  });
  const duration = instrument('gen_ai.client.operation.duration', 's', 'Duration of requests to models.', SECONDS);
  const firstChunk = instrument(
    'gen_ai.client.operation.time_to_first_chunk',
    's',
    'Time to the first content of streamed answers.',
    FIRST_SECONDS,
  );
  const tokens = instrument('gen_ai.client.token.usage', '{token}', 'Input and output tokens of requests.', TOKENS);
  const requests = instrument('llm_router.requests', '{request}', 'Finished requests by status sent to the client.');
  const attempts = instrument('llm_router.attempts', '{attempt}', 'Attempts at backends by outcome.');
  const cost = instrument('llm_router.cost', 'USD', 'US dollars spent where the price is known.');
  const all = [duration, firstChunk, tokens, requests, attempts, cost];

  return {
    observe(record) {
      const failed = record.errorKind ?? (record.status >= 400 ? String(record.status) : undefined);
      const backend = record.backend ?? '';
      const model = record.upstreamModel ?? '';
      const about = [OPERATIONS[record.route] ?? record.route, providerName(record.backend, world), model, backend];
      add(requests, 1, REQUEST, [String(record.status), record.client, record.clientKey]);
      if (record.backend) {
        if (failed === undefined) add(duration, record.ms / 1_000, ABOUT, about);
        else add(duration, record.ms / 1_000, ABOUT_FAILED, [...about, failed]);
      }
      if (record.stream && record.firstMs !== undefined) add(firstChunk, record.firstMs / 1_000, ABOUT, about);
      if (record.usage) {
        add(tokens, record.usage.input, ABOUT_TOKENS, [...about, 'input']);
        add(tokens, record.usage.output, ABOUT_TOKENS, [...about, 'output']);
      }
      if (record.cost !== undefined) add(cost, record.cost, COST, [backend, model, record.clientKey]);
      for (const attempt of record.attempts) add(attempts, 1, ATTEMPT, [attempt.backend, attempt.outcome]);
    },
    prometheus() {
      const running = [
        '# HELP llm_router_running_requests Requests running now.',
        '# TYPE llm_router_running_requests gauge',
        `llm_router_running_requests ${world.running()}`,
      ];
      return `${[...all.flatMap(prometheusLines), ...running].join('\n')}\n`;
    },
    otlp() {
      const time = { startTimeUnixNano: nanos(startedAt), timeUnixNano: nanos(world.now()) };
      const gauge = {
        name: 'llm_router.running_requests',
        unit: '{request}',
        gauge: { dataPoints: [{ asInt: String(world.running()), timeUnixNano: time.timeUnixNano }] },
      };
      const metrics = all.filter((recorder) => recorder.series.size > 0).map((recorder) => otlpMetric(recorder, time));
      const resource = {
        attributes: otlpAttributes({ 'service.name': 'llm-router', 'service.version': world.version }),
      };
      return {
        resourceMetrics: [
          {
            resource,
            scopeMetrics: [{ scope: { name: 'llm-router', version: world.version }, metrics: [...metrics, gauge] }],
          },
        ],
      };
    },
  };
}

function providerName(backend: string | undefined, world: MetricsWorld): string {
  if (backend === undefined) return '';
  const preset = world.presetOf(backend);
  return preset === undefined ? backend : (presetOf(preset)?.metricsName ?? preset);
}

/** Attributes become an object with the first of their series: this runs several times a request. */
function add(recorder: Recorder, value: number, names: readonly string[], values: readonly string[]): void {
  let key = values.join('\n');
  if (!recorder.series.has(key) && recorder.series.size >= MAX_SERIES) {
    values = names.map(() => 'other');
    key = 'other';
  }
  // An error type is the only optional attribute: the number of values tells sets with and without it apart.
  let series = recorder.series.get(key);
  if (!series)
    recorder.series.set(
      key,
      (series = {
        attributes: Object.fromEntries(names.map((name, at) => [name, values[at]!])),
        count: 0,
        sum: 0,
        buckets: new Array((recorder.bounds?.length ?? 0) + 1).fill(0),
      }),
    );
  series.count += 1;
  series.sum += value;
  const at = recorder.bounds?.findIndex((bound) => value <= bound) ?? -1;
  series.buckets[at < 0 ? series.buckets.length - 1 : at]! += 1;
}

const UNIT_WORDS: Readonly<Record<string, string>> = { s: '_seconds', USD: '_dollars' };

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function labels(attributes: Attributes, le?: string): string {
  const pairs = Object.entries(attributes).map(
    ([name, value]) => `${name.replaceAll('.', '_')}="${escapeLabel(value)}"`,
  );
  if (le !== undefined) pairs.push(`le="${le}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

function prometheusLines({ name, unit, help, bounds, series }: Recorder): string[] {
  const base = `${name.replaceAll('.', '_')}${UNIT_WORDS[unit] ?? ''}`;
  const metric = bounds ? base : `${base}_total`;
  const lines = [`# HELP ${metric} ${help}`, `# TYPE ${metric} ${bounds ? 'histogram' : 'counter'}`];
  for (const { attributes, count, sum, buckets } of series.values()) {
    if (!bounds) {
      lines.push(`${metric}${labels(attributes)} ${sum}`);
      continue;
    }
    let below = 0;
    for (const [i, bound] of bounds.entries()) {
      below += buckets[i]!;
      lines.push(`${metric}_bucket${labels(attributes, String(bound))} ${below}`);
    }
    lines.push(
      `${metric}_bucket${labels(attributes, '+Inf')} ${count}`,
      `${metric}_sum${labels(attributes)} ${sum}`,
      `${metric}_count${labels(attributes)} ${count}`,
    );
  }
  return lines;
}

function nanos(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}

function otlpAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
}

function otlpMetric(
  { name, unit, help, bounds, series }: Recorder,
  time: { startTimeUnixNano: string; timeUnixNano: string },
): object {
  const points = [...series.values()].map(({ attributes, count, sum, buckets }) => ({
    attributes: otlpAttributes(attributes),
    ...time,
    ...(bounds
      ? { count: String(count), sum, bucketCounts: buckets.map(String), explicitBounds: bounds }
      : { asDouble: sum }),
  }));
  // 2: cumulative since the start.
  const data = { aggregationTemporality: 2, dataPoints: points };
  return { name, unit, description: help, ...(bounds ? { histogram: data } : { sum: { ...data, isMonotonic: true } }) };
}
