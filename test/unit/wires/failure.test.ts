import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { FailureKind, JsonObject } from '../../../src/wires/conversation';
import { classify, failureOfEvent, openAiError, readFailure } from '../../../src/wires/failure';
import { maskKeys as maskSecrets } from '../../../src/wires/keyShapes';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const read = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  readFailure(status, headers, typeof body === 'string' ? body : JSON.stringify(body), NOW);

describe('failure: reading bodies', () => {
  const cases: [string, number, unknown, FailureKind, RegExp][] = [
    [
      'OpenAI',
      429,
      { error: { message: 'Rate limit reached', type: 'tokens', param: null, code: 'rate_limit_exceeded' } },
      'rateLimit',
      /^Rate limit reached$/,
    ],
    [
      'OpenAI quota',
      429,
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
      'quota',
      /quota/,
    ],
    [
      'OpenAI context',
      400,
      { error: { message: "This model's maximum context length is 8192 tokens.", code: 'context_length_exceeded' } },
      'contextLength',
      /8192/,
    ],
    [
      'OpenAI too many output tokens',
      400,
      {
        error: {
          message: 'max_tokens is too large: 100000. This model supports at most 16384 completion tokens',
          type: 'invalid_request_error',
        },
      },
      'badRequest',
      /16384/,
    ],
    [
      'OpenAI id too long',
      400,
      {
        error: {
          message: "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40",
          code: 'string_above_max_length',
        },
      },
      'badRequest',
      /40/,
    ],
    [
      'OpenAI policy',
      400,
      { error: { message: 'Your request was rejected', code: 'content_policy_violation' } },
      'contentPolicy',
      /rejected/,
    ],
    [
      'OpenAI key',
      401,
      { error: { message: 'Incorrect API key provided: sk-proj-********abcd.', code: 'invalid_api_key' } },
      'auth',
      /\[hidden\]/,
    ],
    [
      'OpenAI model',
      404,
      { error: { message: 'The model `x` does not exist', code: 'model_not_found' } },
      'notFound',
      /`x`/,
    ],
    [
      'Anthropic overload',
      529,
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'overloaded',
      /^Overloaded$/,
    ],
    [
      'Anthropic prompt',
      400,
      {
        type: 'error',
        error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
      },
      'contextLength',
      /210000/,
    ],
    [
      'Anthropic limit',
      429,
      {
        type: 'error',
        error: {
          type: 'rate_limit_error',
          message: 'This request would exceed your organization’s rate limit of 40,000 input tokens per minute',
        },
      },
      'rateLimit',
      /40,000/,
    ],
    [
      'Anthropic credit',
      400,
      {
        type: 'error',
        error: {
          type: 'invalid_request_error',
          message: 'Your credit balance is too low to access the Anthropic API.',
        },
      },
      'quota',
      /credit/,
    ],
    [
      'Anthropic request too large',
      413,
      { type: 'error', error: { type: 'request_too_large', message: 'Request exceeds the maximum size' } },
      'contextLength',
      /size/,
    ],
    [
      'Gemini list',
      429,
      [
        {
          error: {
            code: 429,
            message: 'You exceeded your current quota, please check your plan and billing details.',
            status: 'RESOURCE_EXHAUSTED',
            details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }],
          },
        },
      ],
      'rateLimit',
      /quota/,
    ],
    [
      'Gemini key',
      400,
      [
        {
          error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' },
        },
      ],
      'auth',
      /API key/,
    ],
    [
      'Gemini context',
      400,
      {
        error: {
          code: 400,
          message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
          status: 'INVALID_ARGUMENT',
        },
      },
      'contextLength',
      /1048576/,
    ],
    [
      'Gemini down',
      503,
      { error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' } },
      'overloaded',
      /overloaded/,
    ],
    [
      'Azure policy',
      400,
      {
        error: {
          code: 'content_filter',
          message: 'The response was filtered',
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        },
      },
      'contentPolicy',
      /filtered/,
    ],
    [
      'Azure deployment',
      404,
      { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
      'notFound',
      /deployment/,
    ],
    [
      'Azure gateway',
      401,
      { statusCode: 401, message: 'Access denied due to missing subscription key.' },
      'auth',
      /subscription/,
    ],
    [
      'OpenRouter raw',
      429,
      {
        error: {
          code: 429,
          message: 'Provider returned error',
          metadata: { raw: '{"error":{"message":"too fast","type":"rate_limit_error"}}', provider_name: 'Google' },
        },
      },
      'rateLimit',
      /^Google: too fast$/,
    ],
    [
      'OpenRouter raw text',
      502,
      {
        error: {
          code: 502,
          message: 'Provider returned error',
          metadata: { raw: 'upstream is down', provider_name: 'X' },
        },
      },
      'server',
      /^X: upstream is down$/,
    ],
    [
      'OpenRouter credit',
      402,
      {
        error: {
          code: 402,
          message:
            'This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 1200.',
        },
      },
      'quota',
      /afford 1200/,
    ],
    [
      'OpenRouter moderation',
      403,
      { error: { code: 403, message: 'Your input was flagged', metadata: { reasons: ['hate'], flagged_input: 'x' } } },
      'contentPolicy',
      /flagged/,
    ],
    [
      'OpenRouter model',
      400,
      { error: { code: 400, message: 'foo/bar is not a valid model ID' } },
      'notFound',
      /foo\/bar/,
    ],
    [
      'LM Studio without a model (openhuman#4181)',
      400,
      { error: { message: 'No models loaded. Please load a model.', type: 'invalid_request_error', param: 'model' } },
      'notLoaded',
      /Please load/,
    ],
    [
      'LM Studio that cannot load it (continue#10150)',
      400,
      { error: { message: 'Failed to load model "gpt-oss-20b". Error: Error loading model.' } },
      'notLoaded',
      /gpt-oss/,
    ],
    [
      'LM Studio without memory for it',
      500,
      {
        error: {
          type: 'model_load_failed',
          message:
            "Failed to load LLM 'google/gemma-4': Error: Model loading was stopped due to insufficient system resources.",
        },
      },
      'notLoaded',
      /gemma/,
    ],
    [
      'Ollama without memory for a model (continue#9160)',
      500,
      {
        error: {
          message: 'model requires more system memory (4.1 GiB) than is available (3.1 GiB)',
          type: 'api_error',
        },
      },
      'notLoaded',
      /4\.1 GiB/,
    ],
    [
      'Ollama with a broken model file (continue#12713)',
      500,
      {
        error: {
          message:
            'llama-server process has terminated: exit status 1: error loading model: llama_model_loader: failed to load model from /m/x',
          type: 'api_error',
        },
      },
      'notLoaded',
      /exit status 1/,
    ],
    [
      "llama.cpp's router",
      500,
      {
        error: {
          code: 500,
          message: 'model name=unsloth/Qwen3.5-9B-GGUF:UD-Q4_K_XL failed to load',
          type: 'server_error',
        },
      },
      'notLoaded',
      /Qwen/,
    ],
    [
      'Ollama whose runner fell over',
      500,
      { error: { message: 'llama runner process has terminated: exit status 2', type: 'api_error' } },
      'server',
      /exit status 2/,
    ],
    [
      'a picture that did not load',
      400,
      { error: { message: 'The model failed to load image from URL', type: 'invalid_request_error' } },
      'badRequest',
      /image/,
    ],
    [
      'DeepSeek balance',
      402,
      { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } },
      'quota',
      /Balance/,
    ],
    [
      'DeepSeek risk',
      400,
      { error: { message: 'Content Exists Risk', type: 'invalid_request_error' } },
      'contentPolicy',
      /Risk/,
    ],
    [
      'Groq too large',
      413,
      {
        error: {
          message: 'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 7000',
          type: 'tokens',
          code: 'rate_limit_exceeded',
        },
      },
      'contextLength',
      /6000/,
    ],
    [
      'xAI credit',
      403,
      {
        code: 'The caller does not have permission',
        error: 'Your team has used all available credits or reached its monthly spending limit.',
      },
      'quota',
      /credits/,
    ],
    ['Ollama', 404, { error: 'model "llama9" not found, try pulling it first' }, 'notFound', /llama9/],
    [
      'llama.cpp',
      400,
      {
        error: {
          code: 400,
          message: 'the request exceeds the available context size, try increasing it',
          type: 'exceed_context_size_error',
        },
      },
      'contextLength',
      /available/,
    ],
    [
      'FastAPI',
      422,
      { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error' }] },
      'badRequest',
      /^body\.messages: field required$/,
    ],
    [
      'Mistral',
      422,
      { object: 'error', message: { detail: [{ loc: ['body'], msg: 'bad' }] }, type: 'invalid_request_error' },
      'badRequest',
      /body: bad/,
    ],
    [
      'Cloudflare',
      403,
      { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
      'permission',
      /Authentication error/,
    ],
    [
      'HTML',
      502,
      '<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>',
      'server',
      /502 with a web page.*502 Bad Gateway.*base URL/,
    ],
    ['text', 500, 'upstream connect error', 'server', /^upstream connect error$/],
    ['empty', 503, '', 'overloaded', /503 without a reason/],
    ['broken JSON', 400, '{"error": {"mess', 'badRequest', /mess/],
    ['empty object', 418, {}, 'badRequest', /418 without a reason/],
    ['empty list', 500, [], 'server', /500 without a reason/],
  ];
  for (const [name, status, body, kind, message] of cases) {
    it(name, () => {
      const failure = read(status, body);
      assert.equal(failure.kind, kind);
      assert.match(failure.message, message);
      assert.equal(failure.status, status);
    });
  }

  it('keeps the provider’s type, code and param', () => {
    const failure = read(400, { error: { message: 'm', type: 't', code: 'c', param: 'messages[0]' } });
    assert.deepEqual([failure.type, failure.code, failure.param], ['t', 'c', 'messages[0]']);
  });

  it('gives errors inside a stream the status they mean', () => {
    assert.equal(failureOfEvent({ error: { code: 502, message: 'Provider disconnected' } }).status, 502);
    assert.equal(
      failureOfEvent({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }).status,
      503,
    );
    assert.equal(failureOfEvent({ message: 'slow', type: 'rate_limit_error' }).kind, 'rateLimit');
    assert.equal(failureOfEvent('boom').status, 500);
    assert.equal(failureOfEvent({ error: 'Failed to load model "m".' }).status, 500);
    assert.deepEqual(failureOfEvent({ type: 'error', code: 'rate_limit_exceeded', message: 'm', param: null }), {
      status: 429,
      message: 'm',
      kind: 'rateLimit',
      code: 'rate_limit_exceeded',
    });
    assert.match(failureOfEvent({ id: 'resp_1', error: null }).message, /broke off/);
  });

  it('never throws, is bounded and hides keys, whatever comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.json(), fc.string()), (status, body) => {
        const failure = readFailure(status, {}, body, NOW);
        assert.ok(failure.message.length > 0 && failure.message.length <= 2000);
        assert.ok(failure.kind);
      }),
    );
    for (const deep of [
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      `${'{"message":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
    ]) {
      assert.equal(read(400, deep).kind, 'badRequest');
    }
    const long = read(400, { error: { message: 'x'.repeat(100_000) } });
    assert.equal(long.message.length, 2000);
    assert.ok(read(500, `<html>${'<p>'.repeat(500_000)}`).message.length < 200);
  });
});

describe('failure: kinds', () => {
  it('follows the status where nothing else speaks', () => {
    const expected: [number, FailureKind][] = [
      [400, 'badRequest'],
      [401, 'auth'],
      [402, 'quota'],
      [403, 'permission'],
      [404, 'notFound'],
      [408, 'timeout'],
      [409, 'badRequest'],
      [413, 'badRequest'],
      [422, 'badRequest'],
      [429, 'rateLimit'],
      [499, 'cancelled'],
      [500, 'server'],
      [502, 'server'],
      [503, 'overloaded'],
      [504, 'timeout'],
      [520, 'server'],
      [524, 'timeout'],
      [529, 'overloaded'],
    ];
    for (const [status, kind] of expected) assert.equal(classify(status), kind, String(status));
  });
});

describe('failure: when to come back', () => {
  const wait = (headers: Record<string, string>, body: unknown = '') => read(429, body, headers).retryAfterSeconds;

  it('reads every header form', () => {
    assert.equal(wait({ 'retry-after': '7' }), 7);
    assert.equal(wait({ 'retry-after': '0.5' }), 0.5);
    assert.equal(wait({ 'retry-after-ms': '1500', 'retry-after': '9' }), 1.5);
    assert.equal(wait({ 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' }), 20);
    assert.equal(wait({ 'retry-after': 'Thu, 01 Jan 2026 01:00:20 GMT', date: 'Thu, 01 Jan 2026 01:00:00 GMT' }), 20);
    assert.equal(wait({ 'retry-after': 'Thu, 01 Jan 2020 00:00:20 GMT' }), 0);
    assert.equal(wait({ 'retry-after': 'soon' }), undefined);
    assert.equal(wait({ 'retry-after': '99999999' }), 86_400);
    assert.equal(
      wait({
        'x-ratelimit-reset-requests': '6m0s',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-tokens': '20ms',
      }),
      360,
    );
    assert.equal(wait({ 'x-ratelimit-reset-requests': '2m59.56s', 'x-ratelimit-reset-tokens': '20ms' }), 0.02);
    assert.equal(wait({ 'x-ratelimit-reset': String(NOW + 3000) }), 3);
    assert.equal(wait({ 'x-ratelimit-reset': String(NOW / 1000 + 4) }), 4);
    assert.equal(wait({ 'x-ratelimit-reset': '12' }), 12);
    assert.equal(wait({ 'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:05Z' }), 5);
    assert.equal(wait({}), undefined);
  });

  it('reads RetryInfo and sentences', () => {
    assert.equal(
      wait({}, [{ error: { code: 429, message: 'm', details: [{ '@type': 'x.RetryInfo', retryDelay: '34.5s' }] } }]),
      34.5,
    );
    assert.equal(wait({}, { error: { message: 'Rate limit reached. Please try again in 1m2.5s. Visit' } }), 62.5);
    assert.equal(wait({}, { error: { message: 'Please retry after 20 seconds.' } }), 20);
    assert.equal(wait({}, { error: { message: 'Please try again in 20ms.' } }), 0.02);
    assert.equal(read(400, { error: { message: 'try again in 5s' } }).retryAfterSeconds, undefined);
    // A body keeps to the bounds of a header.
    assert.equal(wait({}, { error: { message: 'No.', retry_after: -1 } }), 0);
    assert.equal(wait({}, { error: { message: 'No.', retry_after: 1e300 } }), 86_400);
  });
});

describe('failure: secrets', () => {
  it('hides what looks like a key and nothing else', () => {
    for (const key of [
      'sk-abc123def456',
      'sk-ant-api03-AbC_123-xyz',
      'gsk_a1b2c3d4e5f6',
      'xai-1234567890',
      'AIzaSyA1234567890abcdefg',
      'sk-proj-****1234',
    ]) {
      assert.ok(!maskSecrets(`Incorrect API key provided: ${key}. See docs`).includes(key), key);
    }
    assert.equal(
      maskSecrets('header Authorization: Bearer abcdef123456 was refused'),
      'header Authorization: Bearer [hidden] was refused',
    );
    assert.equal(maskSecrets('{"api_key": "0123456789abcdef"}'), '{"api_key": "[hidden]"}');
    for (const plain of [
      'the task-based sk-learn model',
      'The model gpt-4.1-mini does not exist',
      'max_tokens: 5000',
      'invalid api key',
    ]) {
      assert.equal(maskSecrets(plain), plain);
    }
  });
});

describe('failure: OpenAI form', () => {
  it('fills in what the kind means and keeps what the provider said', () => {
    const error = (body: JsonObject) => body.error as JsonObject;
    assert.deepEqual(openAiError({ status: 400, message: 'm', kind: 'contextLength', type: 'invalid_request_error' }), {
      error: { message: 'm', type: 'invalid_request_error', param: null, code: 'context_length_exceeded' },
    });
    assert.equal(error(openAiError({ status: 500, message: 'm', code: 'weird' })).code, 'weird');
    assert.equal(error(openAiError({ status: 502, message: 'm', kind: 'network' })).type, 'server_error');
    assert.equal(error(openAiError({ status: 429, message: 'm' })).code, 'rate_limit_exceeded');
  });
});
