/**
 * What files look like that people start from: the constructs of llm-router's sample and of the example files in LiteLLM's
 * wheel, in words of our own. For each: what is served, under which name, where it goes, and what is told.
 */
import assert from 'node:assert/strict';
import { loadConfigText } from '../../../src/config/load';
import { buildBackends } from '../../../src/routing/build';
import { createRouteTable } from '../../../src/routing/resolve';

interface Row {
  /** The construct, and the example that has it. */
  what: string;
  text: string;
  env?: Record<string, string>;
  /** Name → `address, name there, variable of its key`, `-` where there is none, or `none`. */
  goes: Record<string, string>;
  /** Names tried in turn behind it. */
  behind?: Record<string, string[]>;
  /** Names that are listed without asking anybody; efforts aside. */
  listed: string[];
  /** What is told, by place. */
  told?: string[];
  secrets?: string[];
}

const OPENAI = 'https://api.openai.com/v1';
const rows: Row[] = [
  {
    what: 'llm-router: default with prefix, aliases to other backends, a local server',
    text: `{
      // comments are read as well
      "listening_port": 11411,
      "llmrouter_api_key_env": "MY_ROUTER_KEY",
      "aliases": { "thinker": "groq/qwen-r1", "small": "ollama/qwq" },
      "backends": [
        { "name": "openai", "base_url": "https://api.openai.com", "prefix": "openai/", "default": true,
          "require_api_key": true, "key_env_var": "OPENAI_API_KEY" },
        { "name": "ollama", "base_url": "http://localhost:11434", "prefix": "ollama/",
          "role_rewrites": { "developer": "system" } },
        { "name": "groq", "base_url": "https://api.groq.com/openai/v1", "prefix": "groq/", "require_api_key": true,
          "key_env_var": "GROQ_API_KEY", "unsupported_params": ["reasoning_effort"] }
      ]
    }`,
    goes: {
      thinker: 'https://api.groq.com/openai/v1 qwen-r1 GROQ_API_KEY',
      small: 'http://localhost:11434/v1 qwq -',
      'gpt-4o': `${OPENAI} gpt-4o OPENAI_API_KEY`,
      'openai/gpt-4o': `${OPENAI} gpt-4o OPENAI_API_KEY`,
      'ollama/llama3:8b': 'http://localhost:11434/v1 llama3:8b -',
    },
    listed: ['thinker', 'small'],
  },
  {
    what: 'one name stands for another model (simple, aliases)',
    text: `model_list:
  - model_name: gpt-3.5-turbo
    litellm_params: {model: gpt-5-mini}
  - model_name: gpt-4
    litellm_params: {model: ollama/llama2}
  - model_name: old-chat
    litellm_params: {model: ollama/llama2, temperature: 0.1, max_tokens: 20}
`,
    goes: {
      'gpt-3.5-turbo': `${OPENAI} gpt-5-mini OPENAI_API_KEY`,
      'gpt-4': 'http://127.0.0.1:11434/v1 llama2 -',
      'old-chat': 'http://127.0.0.1:11434/v1 llama2 -',
      'gpt-5-mini': 'none',
    },
    listed: ['gpt-3.5-turbo', 'gpt-4', 'old-chat'],
    told: [
      'model_list.2.litellm_params.temperature',
      'model_list.2.litellm_params.max_tokens',
      'model_list.0.model_name',
      'model_list.1.model_name',
    ],
  },
  {
    what: 'two Azure resources, numbers with underscores, times and retries (azure, azure with tpm)',
    text: `model_list:
  - model_name: team-one
    litellm_params:
      model: azure/chat-v2
      api_base: https://one.openai.azure.com/
      api_version: "2023-05-15"
      api_key: os.environ/AZURE_API_KEY
      tpm: 20_000
      timeout: 5
      stream_timeout: 0.5
      max_retries: 4
  - model_name: shared
    litellm_params: {model: azure/east, api_base: 'https://one.openai.azure.com/', api_key: ab1}
  - model_name: shared
    litellm_params: {model: azure/west, api_base: 'https://two.openai.azure.com/', api_key: cd2}
`,
    env: { AZURE_API_KEY: 'x' },
    goes: {
      'team-one': 'https://one.openai.azure.com/openai chat-v2 AZURE_API_KEY',
      shared: 'https://one.openai.azure.com/openai east -',
    },
    behind: { shared: ['https://two.openai.azure.com/openai west'] },
    listed: ['team-one', 'shared'],
    told: [
      'model_list.0.litellm_params.tpm',
      'model_list.0.litellm_params.timeout',
      'model_list.0.litellm_params.stream_timeout',
      'model_list.0.litellm_params.max_retries',
      'model_list.2.model_name',
    ],
    secrets: ['model:shared', 'model:shared#2'],
  },
  {
    what: 'one name, several keys and providers, one of them a relay; keys in the file (load balancer)',
    text: `litellm_settings:
  drop_params: True
model_list:
  - model_name: gpt-3.5-turbo
    litellm_params: {model: gpt-3.5-turbo, api_key: sk-one-0000000000}
    tpm: 20000
    rpm: 3
  - model_name: gpt-3.5-turbo
    litellm_params: {model: gpt-3.5-turbo, api_key: sk-two-0000000000}
  - model_name: gpt-3.5-turbo
    litellm_params: {model: openrouter/gpt-3.5-turbo}
  - model_name: nowhere
    litellm_params: {model: mistralai/mistral-7b-instruct}
environment_variables:
  REDIS_PORT: 6329
`,
    goes: { 'gpt-3.5-turbo': `${OPENAI} gpt-3.5-turbo -`, nowhere: 'none' },
    behind: { 'gpt-3.5-turbo': [`${OPENAI} gpt-3.5-turbo`, 'https://openrouter.ai/api/v1 gpt-3.5-turbo'] },
    listed: ['gpt-3.5-turbo'],
    told: ['model_list.3.litellm_params.model', 'model_list.1.model_name', 'model_list.0.model_name'],
    secrets: ['model:gpt-3.5-turbo', 'model:gpt-3.5-turbo#2'],
  },
  {
    what: 'everything else to one provider, providers by wildcard, fallbacks for long input (OpenAI and others)',
    text: `model_list:
  - model_name: mini
    litellm_params: {model: gpt-5-mini, region_name: eu}
    model_info: {id: "1"}
  - model_name: "*"
    litellm_params: {model: openai/*, api_key: os.environ/OPENAI_API_KEY}
  - model_name: "anthropic/*"
    litellm_params: {model: "anthropic/*", api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: "groq/*"
    litellm_params: {model: "groq/*", api_key: os.environ/GROQ_API_KEY}
litellm_settings:
  drop_params: True
  num_retries: 5
  request_timeout: 600
  context_window_fallbacks: [{"mini": ["gpt-5.5"]}]
files_settings:
  - custom_llm_provider: openai
general_settings:
  master_key: sk-1234
`,
    env: { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', GROQ_API_KEY: 'c' },
    goes: {
      mini: `${OPENAI} gpt-5-mini OPENAI_API_KEY`,
      'gpt-4.1': `${OPENAI} gpt-4.1 OPENAI_API_KEY`,
      'anthropic/claude-haiku-4-5': 'https://api.anthropic.com/v1 claude-haiku-4-5 ANTHROPIC_API_KEY',
      'groq/meta/llama': 'https://api.groq.com/openai/v1 meta/llama GROQ_API_KEY',
    },
    listed: ['mini'],
    told: ['files_settings', 'model_list.0.litellm_params.region_name'],
    secrets: ['client:main'],
  },
  {
    what: 'exact names beside wildcards, the same entry twice, master key from the environment (pass-through)',
    text: `model_list:
  - model_name: my-haiku
    litellm_params: {model: anthropic/claude-haiku-4-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: sonnet
    litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: sonnet
    litellm_params: {model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY}
  - model_name: anthropic/*
    litellm_params: {model: anthropic/*, api_key: os.environ/ANTHROPIC_API_KEY}
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  custom_auth: mine.check
`,
    env: { ANTHROPIC_API_KEY: 'b', LITELLM_MASTER_KEY: 'sk-master-0000' },
    goes: {
      'my-haiku': 'https://api.anthropic.com/v1 claude-haiku-4-5 ANTHROPIC_API_KEY',
      'anthropic/claude-sonnet-4-6': 'https://api.anthropic.com/v1 claude-sonnet-4-6 ANTHROPIC_API_KEY',
      'claude-sonnet-4-6': 'none',
    },
    behind: { sonnet: [] },
    listed: ['my-haiku', 'sonnet'],
    told: ['general_settings.custom_auth', 'model_list.2.model_name'],
    secrets: ['client:main'],
  },
  {
    what: 'addresses from the environment, a server without a key of its own, tags (enterprise, several instances)',
    text: `model_list:
  - model_name: tagged
    litellm_params: {model: openai/fake, api_key: fake-key, api_base: os.environ/FAKE_BASE, tags: [teamA]}
    model_info: {id: team-a-model}
  - model_name: seeing
    litellm_params: {model: openai/llava-hf/llava-v1.6, api_base: 'http://localhost:8000', api_key: fake-key}
    model_info: {supports_vision: True}
router_settings:
  enable_tag_filtering: True
`,
    env: { FAKE_BASE: 'https://fake.example/' },
    goes: {
      tagged: 'https://fake.example/v1 fake -',
      seeing: 'http://localhost:8000/v1 llava-hf/llava-v1.6 -',
    },
    listed: ['tagged', 'seeing'],
    told: [
      'router_settings.enable_tag_filtering',
      'model_list.0.litellm_params.tags',
      'model_list.1.model_info.supports_vision',
    ],
    secrets: ['model:tagged', 'model:seeing'],
  },
  {
    what: 'providers that LiteLLM has no name for, at an address; fallbacks in turn (free sources)',
    text: `model_list:
  - model_name: sf-r1
    litellm_params:
      model: siliconflow/deepseek-ai/R1-7B
      api_key: os.environ/SF_KEY
      api_base: https://api.siliconflow.cn/v1
  - model_name: glm
    litellm_params:
      model: zhipu/glm-4-flash
      api_key: os.environ/ZHIPU_KEY
      api_base: https://open.bigmodel.cn/api/paas/v4
router_settings:
  routing_strategy: usage-based-routing-v2
  num_retries: 3
  timeout: 60
  fallbacks:
    - sf-r1: [glm]
    - glm: [sf-r1]
`,
    env: { SF_KEY: 'a', ZHIPU_KEY: 'b' },
    goes: {
      'sf-r1': 'https://api.siliconflow.cn/v1 deepseek-ai/R1-7B SF_KEY',
      glm: 'https://open.bigmodel.cn/api/paas/v4 glm-4-flash ZHIPU_KEY',
    },
    behind: {
      'sf-r1': ['https://open.bigmodel.cn/api/paas/v4 glm-4-flash'],
      glm: ['https://api.siliconflow.cn/v1 deepseek-ai/R1-7B'],
    },
    listed: ['sf-r1', 'glm'],
    told: [
      'router_settings.routing_strategy',
      'model_list.0.litellm_params.model',
      'model_list.1.litellm_params.model',
    ],
  },
  {
    what: 'what only LiteLLM does: its own routers, embeddings, rerank, Bedrock (adaptive, health check, otel, web search)',
    text: `model_list:
  - model_name: smart-cheap
    litellm_params:
      model: auto_router/adaptive_router
      adaptive_router_config: {available_models: [fast]}
  - model_name: fast
    litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/OPENAI_API_KEY, input_cost_per_token: 0.00000015}
  - model_name: rerank
    litellm_params: {model: cohere/rerank-english-v3.0, api_key: os.environ/COHERE_API_KEY}
  - model_name: embed
    litellm_params:
      model: azure/embedding
      api_base: os.environ/AZURE_API_BASE
      api_key: os.environ/AZURE_API_KEY
      api_version: "2023-07-01-preview"
    model_info: {mode: embedding, base_model: text-embedding-ada-002}
  - model_name: far
    litellm_params: {model: 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', aws_region_name: us-east-1}
  - model_name: no-region
    litellm_params: {model: 'bedrock/us.anthropic.claude-3-5-sonnet-20241022-v2:0'}
guardrails:
  - guardrail_name: pre
`,
    env: {
      OPENAI_API_KEY: 'a',
      COHERE_API_KEY: 'b',
      AZURE_API_KEY: 'c',
      AZURE_API_BASE: 'https://one.openai.azure.com',
    },
    goes: {
      'smart-cheap': 'none',
      rerank: 'none',
      'no-region': 'none',
      fast: `${OPENAI} gpt-4o-mini OPENAI_API_KEY`,
      embed: 'https://one.openai.azure.com/openai embedding AZURE_API_KEY',
      far: 'https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1 us.anthropic.claude-sonnet-4-5-20250929-v1:0 AWS_BEARER_TOKEN_BEDROCK',
    },
    listed: ['fast', 'embed', 'far'],
    told: [
      'guardrails',
      'model_list.0.litellm_params.adaptive_router_config',
      'model_list.0.litellm_params.model',
      // Half a price.
      'model_list.1.litellm_params.input_cost_per_token',
      'model_list.2.litellm_params.model',
      'model_list.4.litellm_params.model',
      'model_list.5.litellm_params.model',
    ],
  },
  {
    what: 'a user agent of its own, keys apart, a list beside the list (custom user agent)',
    text: `model_list:
  - model_name: tool
    litellm_params:
      model: anthropic/claude-3-5-sonnet
      api_key: os.environ/ANTHROPIC_API_KEY
      extra_headers: {User-Agent: "Tool/1.0"}
  - model_name: plain
    litellm_params: {model: anthropic/claude-3-5-sonnet, api_key: os.environ/ANTHROPIC_API_KEY_REGULAR}
model_list_with_extra_headers:
  - model_name: not-served
    litellm_params: {model: anthropic/claude-3-5-sonnet}
`,
    env: { ANTHROPIC_API_KEY: 'a', ANTHROPIC_API_KEY_REGULAR: 'b' },
    goes: {
      tool: 'https://api.anthropic.com/v1 claude-3-5-sonnet ANTHROPIC_API_KEY',
      plain: 'https://api.anthropic.com/v1 claude-3-5-sonnet ANTHROPIC_API_KEY_REGULAR',
      'not-served': 'none',
    },
    listed: ['tool', 'plain'],
    told: ['model_list_with_extra_headers'],
  },
];

describe('files that people start from', () => {
  for (const row of rows)
    it(row.what, () => {
      const env = row.env ?? {};
      const { settings, problems, secrets } = loadConfigText(row.text, { env });
      const table = createRouteTable(settings!, buildBackends(settings!, env));
      const found = (name: string) => {
        const target = table.resolve(name);
        return 'notFound' in target ? undefined : target;
      };
      const listed = table.listed().filter((name) => !/:(none|minimal|low|medium|high|xhigh|max)$/.test(name));
      const goes = Object.keys(row.goes).map((name) => {
        const target = found(name);
        return [name, target ? [target.backend.baseUrl, target.upstreamModel, target.keyEnv ?? '-'].join(' ') : 'none'];
      });
      assert.deepEqual(Object.fromEntries(goes), row.goes);
      assert.deepEqual(listed.sort(), [...row.listed].sort());
      for (const [name, names] of Object.entries(row.behind ?? {}))
        assert.deepEqual(
          table.fallbackTargets(found(name)!).map((next) => `${next.backend.baseUrl} ${next.upstreamModel}`),
          names,
          name,
        );
      assert.deepEqual(
        problems.map(({ path }) => path.replace(/\[(\d+)\]/g, '.$1')),
        row.told ?? [],
      );
      assert.deepEqual(Object.keys(secrets), row.secrets ?? []);
    });

  it('OPENAI_API_KEY does not go to another server whose entries have keys of their own, for its list either', () => {
    const entry = (name: string, more: object) => ({
      model_name: name,
      litellm_params: { model: `openai/${name}`, api_base: 'https://relay.example/v1', ...more },
    });
    const keyOf = (...entries: object[]) => {
      const env = { OPENAI_API_KEY: 'sk-openai', RELAY_KEY: 'sk-relay' };
      const { settings } = loadConfigText(JSON.stringify({ model_list: entries }), { env });
      return buildBackends(settings!, env)[0]!.apiKeyEnv;
    };
    assert.equal(keyOf(entry('a', { api_key: 'sk-literal' })), undefined);
    assert.equal(keyOf(entry('a', { api_key: 'os.environ/RELAY_KEY' })), 'RELAY_KEY');
    // As LiteLLM does.
    assert.equal(keyOf(entry('a', { api_key: 'os.environ/RELAY_KEY' }), entry('b', {})), 'OPENAI_API_KEY');
  });
});
