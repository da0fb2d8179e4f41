import assert from 'node:assert/strict';
import { csvLines, tokensPerSecond } from '../../../src/ledger/csv';
import { createMetrics } from '../../../src/ledger/metrics';
import { affordableTokens, explainQuota, withReserveLimit } from '../../../src/ledger/quota';
import type { RequestRecord } from '../../../src/ledger/record';
import { copyAsCurl, requestStory } from '../../../src/ledger/story';
import { summaryLine } from '../../../src/ledger/summaryLine';
import type { ApiFailure, Conversation } from '../../../src/wires/conversation';
import { requestRecord } from '../../support/ledgerRecords';
import { targetOn } from '../../support/ledgerTarget';

async function csv(...records: RequestRecord[]): Promise<string> {
  async function* all(): AsyncGenerator<RequestRecord> {
    yield* records;
  }
  let text = '';
  for await (const line of csvLines(all())) text += line;
  return text;
}

describe('CSV export', () => {
  it('has a header and one line a record', async () => {
    const [header, line, rest] = (
      await csv(
        requestRecord({
          id: 'req_1',
          usage: { input: 7, output: 3, cacheRead: 2 },
          cost: 0.5,
          ms: 2_300,
          firstMs: 300,
        }),
      )
    ).split('\r\n');
    const cells = Object.fromEntries(header!.split(',').map((name, i) => [name, line!.split(',')[i]]));
    assert.equal(cells.id, 'req_1');
    assert.equal(cells.input_tokens, '7');
    assert.equal(cells.cache_read_tokens, '2');
    assert.equal(cells.cache_write_tokens, '');
    assert.equal(cells.tokens_estimated, 'false');
    assert.equal(cells.cost_usd, '0.5');
    assert.equal(cells.tokens_per_second, '1.5');
    assert.equal(rest, '');
  });

  it('gives a spreadsheet no formula and no broken line', async () => {
    for (const evil of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', ' =1']) {
      const text = await csv(requestRecord({ askedModel: evil }));
      assert.ok(text.includes(`'${evil}`), JSON.stringify(evil));
    }
    const text = await csv(requestRecord({ error: 'a "quoted", text\nin two lines' }));
    assert.ok(text.includes('"a ""quoted"", text\nin two lines"'));
  });
});

describe('the story of a request', () => {
  const record = requestRecord({
    client: 'cursor',
    dialect: 'B',
    askedModel: 'fast',
    via: 'alias',
    rules: ['roles renamed'],
    attempts: [
      {
        backend: 'groq',
        model: 'llama',
        at: 2,
        ms: 40,
        status: 429,
        outcome: 'fellBack',
        reason: 'at its [limit](http://x)',
      },
      { backend: 'openai', model: 'gpt-4o', at: 45, ms: 1_500, status: 200, outcome: 'ok' },
    ],
    usage: { input: 12_345, output: 100, cacheRead: 10_000, reasoning: 60, estimated: true },
    cost: 0.05,
    upstreamStatus: 429,
  });

  it('tells dialect, rules, target and why, attempts, time and usage', () => {
    const story = requestStory(record);
    for (const part of [
      /Cursor, in OpenAI's Responses form, on `chat\/completions`, as a stream/,
      /Asked for `fast`/,
      /Sent to `gpt-4o` at `openai`, because it is an alias/,
      /changed on the way: roles renamed/,
      /1\. after 2 ms: `groq\/llama` failed, went to the next model in 40 ms, HTTP 429/,
      /2\. after 45 ms: `openai\/gpt-4o` answered in 1\.50 s/,
      /First content after 300 ms/,
      /Input: 12,345 tokens \(10,000 read from the cache\)/,
      /Output: 100 tokens \(60 for thinking\)/,
      /Cost: \$0\.05/,
      /estimates/,
      /the provider said 429/,
    ])
      assert.match(story, part);
  });

  it('says the status of the provider where it is another one, and shows the last of its refusals', () => {
    assert.doesNotMatch(requestStory({ ...record, upstreamStatus: record.status }), /the provider said/);
    const refused = record.attempts.map((attempt, at) => ({
      ...attempt,
      said: { headers: {}, body: `refusal number ${at}` },
    }));
    const story = requestStory({ ...record, attempts: refused });
    assert.match(story, /Status 200 from `openai`[\s\S]*refusal number 1/);
    assert.doesNotMatch(story, /refusal number 0/);
  });

  it('is one line in the log that says what became of it', () => {
    const failed = { ...record, error: 'Down.', status: 503, errorKind: 'overloaded' as const };
    assert.match(summaryLine(failed), /503 in \d+ ms, 12345\+100 tokens\. Down\. Told the client after 2 attempts\.$/);
    assert.match(
      summaryLine({ ...failed, status: 200 }),
      /Down\. Told the client inside the answer after 2 attempts\.$/,
    );
    assert.match(summaryLine({ ...failed, errorKind: 'cancelled' }), /Down\. The upstream was stopped\.$/);
  });

  it('names the chat of VS Code as what asked', () => {
    assert.match(
      requestStory(requestRecord({ client: 'vscode', route: 'chat/completions' })),
      /- VS Code, on `chat\/completions`/,
    );
    assert.match(summaryLine(requestRecord({ client: 'vscode' })), / VS Code /);
  });

  it('lets no foreign text become markup', () => {
    const story = requestStory(
      requestRecord({
        askedModel: '`a` ![x](http://evil)\n# big',
        error: '<img src=x> [click](command:evil)',
        attempts: record.attempts,
      }),
    );
    assert.ok(story.includes('`` `a` ![x](http://evil) # big ``'));
    assert.ok(story.includes('\\<img src=x\\> \\[click\\](command:evil)'));
    assert.ok(story.includes('at its \\[limit\\](http://x)'));
    assert.ok(!story.includes('\n# big'));
  });

  it('tells a request that went nowhere', () => {
    const story = requestStory(
      requestRecord({
        backend: undefined,
        upstreamModel: undefined,
        attempts: [],
        usage: undefined,
        cost: undefined,
        status: 404,
        error: 'No model.',
        finish: undefined,
      }),
    );
    assert.match(story, /Failed with status 404\.\n\nNo model\./);
    assert.match(story, /Sent nowhere/);
    assert.match(story, /No tokens were used/);
  });

  it('becomes a curl command without keys', () => {
    const curl = copyAsCurl(
      requestRecord({ askedModel: "it's", route: 'messages', stream: false }),
      'http://127.0.0.1:11411/v1/',
    );
    assert.ok(curl.startsWith("curl 'http://127.0.0.1:11411/v1/messages' \\\n"));
    assert.ok(curl.includes('"Authorization: Bearer $LLM_ROUTER_KEY"'));
    assert.ok(curl.includes(`"model":"it'\\''s"`));
    assert.ok(copyAsCurl(requestRecord(), 'http://x/v1').startsWith('curl -N '));
  });

  it('measures speed from the first content of a stream', () => {
    assert.equal(tokensPerSecond(requestRecord({ ms: 1_300, firstMs: 300, usage: { input: 1, output: 50 } })), 50);
    assert.equal(
      tokensPerSecond(requestRecord({ ms: 1_000, firstMs: 900, stream: false, usage: { input: 1, output: 50 } })),
      50,
    );
    assert.equal(tokensPerSecond(requestRecord({ usage: undefined })), undefined);
  });
});

describe('exhausted accounts', () => {
  const failure = (changes: Partial<ApiFailure>): ApiFailure => ({
    status: 402,
    kind: 'quota',
    message: 'Insufficient credits',
    code: '402',
    ...changes,
  });

  it('say in plain words where to top up, and keep what the provider said', () => {
    const explained = explainQuota(failure({}), targetOn('openrouter', 'x'));
    assert.equal(
      explained.message,
      'Insufficient credits. The account at OpenRouter has no credit left for this request. Top it up at https://openrouter.ai/settings/credits, or choose another model.',
    );
    assert.equal(explained.status, 402);
    assert.equal(explained.code, '402');
  });

  it('say it without an address where none is known, and once where the provider names it', () => {
    assert.match(explainQuota(failure({}), targetOn('litellm', 'x')).message, /Top it up at the provider, or/);
    const said = explainQuota(
      failure({ message: 'Visit https://openrouter.ai/settings/credits!' }),
      targetOn('openrouter', 'x'),
    ).message;
    assert.equal(said.split('https://openrouter.ai/settings/credits').length, 2);
  });

  it('leave every other failure and our own budgets alone', () => {
    for (const other of [failure({ kind: 'rateLimit' }), failure({ own: true })])
      assert.equal(explainQuota(other, targetOn('openai', 'x')), other);
  });

  it('tell how many tokens the account can still pay for', () => {
    const message =
      'This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 1,234.';
    assert.equal(affordableTokens(failure({ message })), 1_234);
    assert.match(
      explainQuota(failure({ message }), targetOn('openrouter', 'x')).message,
      /a lower max_tokens costs less/,
    );
    assert.equal(affordableTokens(failure({})), undefined);
    assert.equal(affordableTokens(failure({ message: 'can only afford 0' })), undefined);
  });

  it('get an output limit where the provider sets credit aside, unless the client chose one', () => {
    const conversation: Conversation = { model: 'm', turns: [], stream: false };
    const quirks = targetOn('openrouter', 'x').backend.quirks;
    assert.equal(
      withReserveLimit(conversation, { quirks: { ...quirks, reserveTokens: 16_000 } }).maxOutputTokens,
      16_000,
    );
    assert.equal(
      withReserveLimit({ ...conversation, maxOutputTokens: 5 }, { quirks: { ...quirks, reserveTokens: 16_000 } })
        .maxOutputTokens,
      5,
    );
    assert.equal(withReserveLimit(conversation, { quirks }), conversation);
    assert.equal(conversation.maxOutputTokens, undefined);
  });
});

describe('metrics', () => {
  const world = {
    presetOf: (name: string) => (name === 'mine' ? 'mistral' : undefined),
    running: () => 3,
    now: () => 1_700_000_000_000,
    version: '1.2.3',
  };

  it('are Prometheus text with cumulative buckets and GenAI names', () => {
    const metrics = createMetrics(world);
    metrics.observe(
      requestRecord({
        backend: 'mine',
        upstreamModel: 'm"\\\nx',
        ms: 900,
        firstMs: 300,
        usage: { input: 1_000, output: 5 },
        cost: 0.25,
        attempts: [],
      }),
    );
    metrics.observe(
      requestRecord({
        backend: 'mine',
        upstreamModel: 'm"\\\nx',
        ms: 100_000,
        status: 502,
        errorKind: 'network',
        stream: false,
        usage: undefined,
        cost: undefined,
        attempts: [],
      }),
    );
    const text = metrics.prometheus();
    const about =
      'gen_ai_operation_name="chat",gen_ai_provider_name="mistral_ai",gen_ai_request_model="m\\"\\\\\\nx",llm_router_backend="mine"';
    for (const line of [
      '# TYPE gen_ai_client_operation_duration_seconds histogram',
      `gen_ai_client_operation_duration_seconds_bucket{${about},le="0.64"} 0`,
      `gen_ai_client_operation_duration_seconds_bucket{${about},le="1.28"} 1`,
      `gen_ai_client_operation_duration_seconds_bucket{${about},le="+Inf"} 1`,
      `gen_ai_client_operation_duration_seconds_sum{${about}} 0.9`,
      `gen_ai_client_operation_duration_seconds_bucket{${about},error_type="network",le="81.92"} 0`,
      `gen_ai_client_operation_duration_seconds_count{${about},error_type="network"} 1`,
      `gen_ai_client_operation_time_to_first_chunk_seconds_count{${about}} 1`,
      `gen_ai_client_token_usage_sum{${about},gen_ai_token_type="input"} 1000`,
      `gen_ai_client_token_usage_bucket{${about},gen_ai_token_type="output",le="4"} 0`,
      'llm_router_requests_total{http_response_status_code="502",llm_router_client="other",llm_router_key="main"} 1',
      'llm_router_running_requests 3',
    ])
      assert.ok(text.split('\n').includes(line), `${line}\n\n${text}`);
    for (const line of text.trimEnd().split('\n'))
      assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.e+-]+)$/);
  });

  it('are the same numbers as OTLP JSON', () => {
    const metrics = createMetrics(world);
    metrics.observe(requestRecord({ ms: 900 }));
    const { resourceMetrics } = JSON.parse(JSON.stringify(metrics.otlp()));
    const list = resourceMetrics[0].scopeMetrics[0].metrics;
    const duration = list.find((metric: { name: string }) => metric.name === 'gen_ai.client.operation.duration');
    const [point] = duration.histogram.dataPoints;
    assert.equal(duration.unit, 's');
    assert.equal(point.count, '1');
    assert.equal(point.bucketCounts.length, point.explicitBounds.length + 1);
    assert.equal(point.bucketCounts.indexOf('1'), 7);
    assert.equal(point.timeUnixNano, '1700000000000000000');
    assert.equal(
      list.find((metric: { name: string }) => metric.name === 'llm_router.cost').sum.dataPoints[0].asDouble,
      0.0035,
    );
  });

  it('stay bounded whatever names clients invent', () => {
    const metrics = createMetrics(world);
    for (let i = 0; i < 5_000; i++) metrics.observe(requestRecord({ upstreamModel: `model-${i}`, cost: 1 }));
    const costs = metrics
      .prometheus()
      .split('\n')
      .filter((line) => line.startsWith('llm_router_cost_dollars_total{'));
    assert.equal(costs.length, 501);
    assert.equal(
      costs.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0),
      5_000,
    );
  });
});
