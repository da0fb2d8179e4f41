/** Where LiteLLM takes addresses and values from, and what its names say about the way (issue 19). */
import assert from 'node:assert/strict';
import { exportLiteLlm } from '../../../src/config/formats/exportLiteLlm';
import { loadConfigText } from '../../../src/config/load';
import { validateSettings } from '../../../src/settings/check';

const load = (model: string, env: Record<string, string> = {}, more = '') =>
  loadConfigText(`model_list:\n  - model_name: m\n    litellm_params:\n      model: ${model}\n${more}`, { env });
const backendOf = (model: string, env: Record<string, string>) => load(model, env).settings?.backends[0];

describe('LiteLLM: addresses, ways and values from the environment', () => {
  it('key and prompt go where the address variable says', () => {
    const rows: [string, string][] = [
      ['openai/gpt-x', 'OPENAI_API_BASE'],
      ['gpt-4o', 'OPENAI_BASE_URL'],
      ['openrouter/a/b', 'OPENROUTER_API_BASE'],
      ['ollama/l', 'OLLAMA_API_BASE'],
      ['hosted_vllm/l', 'HOSTED_VLLM_API_BASE'],
      ['azure/d', 'AZURE_API_BASE'],
    ];
    for (const [model, variable] of rows)
      assert.equal(
        backendOf(model, { [variable]: 'https://own.example/v1' })?.baseUrl,
        'https://own.example/v1',
        model,
      );
    assert.equal(
      backendOf('anthropic/c', { ANTHROPIC_API_BASE: 'https://a.example' })?.baseUrl,
      'https://a.example/v1',
    );
    assert.deepEqual(backendOf('azure/d', { AZURE_API_BASE: 'https://r', AZURE_API_VERSION: '2025-01-01' })?.query, {
      'api-version': '2025-01-01',
    });
  });

  it('a part that says the way is no part of the name', () => {
    const env = { AZURE_API_BASE: 'https://r.openai.azure.com', AWS_REGION: 'us-east-1' };
    const rows = ['openai/responses/x', 'azure/responses/x', 'azure/o_series/x', 'azure/gpt5_series/x'];
    for (const model of [...rows, 'bedrock/converse/x'])
      assert.equal(backendOf(model, env)?.models?.[0]?.upstream, 'x', model);
    assert.equal(backendOf('openai/responses/x', env)?.wire, 'responses');
    const azure = backendOf('azure/responses/x', env);
    assert.equal(azure?.baseUrl, 'https://r.openai.azure.com/openai/v1');
    assert.equal(azure?.wire, 'responses');
    assert.equal(backendOf('openrouter/responses/x', env)?.models?.[0]?.upstream, 'responses/x');
  });

  it('Bedrock and Vertex go to the address that is given; Vertex without a place is the global one', () => {
    const where = (params: object) => {
      const text = JSON.stringify({ model_list: [{ model_name: 'm', litellm_params: { api_key: 'k', ...params } }] });
      const { settings, problems } = loadConfigText(text, { env: {} });
      const [backend] = settings?.backends ?? [];
      return [backend?.preset, backend?.baseUrl, backend?.models?.[0]?.upstream, problems.length];
    };
    const at = 'https://own.example/v1';
    assert.deepEqual(where({ model: 'bedrock/m', api_base: at }), ['bedrock', at, 'm', 0]);
    const gemini = { model: 'vertex_ai/gemini-2.5-pro' };
    assert.deepEqual(where({ ...gemini, api_base: at }), ['vertex', at, 'google/gemini-2.5-pro', 0]);
    const google = (host: string, place: string) =>
      `https://${host}/v1/projects/p/locations/${place}/endpoints/openapi`;
    for (const [params, address] of [
      [{ vertex_project: 'p' }, google('aiplatform.googleapis.com', 'global')],
      [{ vertex_project: 'p', vertex_location: 'eu-x' }, google('eu-x-aiplatform.googleapis.com', 'eu-x')],
    ] as const)
      assert.deepEqual(where({ ...gemini, ...params }), ['vertex', address, 'google/gemini-2.5-pro', 1]);
    // A model of nobody that is known goes to the address that is given, which is told; without one it is left out.
    assert.deepEqual(where({ model: 'plain', api_base: at }), [undefined, at, 'plain', 1]);
    assert.deepEqual(where({ model: 'plain' }), [undefined, undefined, undefined, 1]);
  });

  it('os.environ/ and numbers as text in any value; LITELLM_MASTER_KEY', () => {
    const text = `model_list:
  - model_name: os.environ/NAME
    litellm_params:
      model: groq/x
      input_cost_per_token: os.environ/COST
      output_cost_per_token: "0.000002"
      drop_params: "true"
`;
    const { settings, secrets } = loadConfigText(text, {
      env: { NAME: 'mine', COST: '0.000001', LITELLM_MASTER_KEY: 'sk-master' },
    });
    const backend = settings?.backends[0];
    assert.equal(backend?.models?.[0]?.id, 'mine');
    assert.deepEqual(backend?.models?.[0]?.price, { input: 1, output: 2 });
    assert.equal(backend?.unsupportedParams, undefined, 'drop_params leaves it to the preset');
    assert.equal(secrets['client:main'], 'sk-master');
  });

  it('os.environ/ and text in retries, timeouts, alias targets and fallbacks; no number is told', () => {
    const text = `model_list:
  - {model_name: m, litellm_params: {model: groq/x}}
  - {model_name: other, litellm_params: {model: groq/y, input_cost_per_token: many, output_cost_per_token: 1}}
litellm_settings: {num_retries: os.environ/RETRIES, request_timeout: "20", fallbacks: [{m: [os.environ/OTHER]}]}
router_settings: {model_group_alias: {short: os.environ/OTHER}}
`;
    const { settings, problems } = loadConfigText(text, { env: { RETRIES: '4', OTHER: 'other' } });
    assert.equal(settings?.retry.attemptsPerBackend, 5);
    assert.equal(settings?.timeouts.total, 20);
    assert.deepEqual(settings?.aliases, { short: 'other' });
    assert.deepEqual(settings?.backends[0]?.models?.[0]?.fallbacks, ['other']);
    assert.deepEqual(
      problems.map(({ line, message }) => `${line} ${message}`),
      ['3 A number is expected here; this is left out.'],
    );
  });

  it('model_info: what has no counterpart is told with its line, base_model is the name behind a deployment', () => {
    const text = `model_list:
  - model_name: m
    litellm_params: {model: azure/mine, api_base: "https://a.openai.azure.com"}
    model_info:
      id: any
      mode: image_generation
      base_model: azure/gpt-4o
      supports_vision: true
`;
    const { settings, problems } = loadConfigText(text);
    assert.equal(settings?.backends[0]?.models?.[0]?.base, 'gpt-4o');
    assert.deepEqual(
      problems.map(({ line, path, message }) => `${line} ${path} ${message}`),
      [
        '6 model_list[0].model_info.mode mode has no counterpart here and is left out.',
        '8 model_list[0].model_info.supports_vision supports_vision has no counterpart here and is left out.',
      ],
    );
  });

  it('include: in an import without its folder is told, and the rest is read', () => {
    const text = 'include: [more.yaml]\nmodel_list:\n  - {model_name: m, litellm_params: {model: groq/x}}\n';
    const { settings, problems } = loadConfigText(text);
    assert.equal(settings?.backends.length, 1);
    assert.deepEqual(
      problems.map(({ line, message }) => `${line} ${message}`),
      ['1 more.yaml is not read here. Import that file by itself.'],
    );
  });

  it('include: files behind the bound are told and no longer left out in silence; a circle among as many is none', () => {
    const chain = (files: number, end: string) => ({
      root: '0',
      read: (name: string) => ({
        path: name,
        text: `include: ['${Number(name) + 1 < files ? Number(name) + 1 : end}']\n`,
      }),
    });
    const text = 'include: ["1"]\nmodel_list:\n  - {model_name: m, litellm_params: {model: groq/x}}\n';
    assert.deepEqual(loadConfigText(text, { includes: chain(100, '0') }).problems, []);
    assert.deepEqual(
      loadConfigText(text, { includes: chain(102, '0') }).problems.map(({ line, message }) => `${line} ${message}`),
      ['1 The included file 100 is not read: 100 files are read already, and no more are.'],
    );
  });

  it('export: a local server without key is never given OPENAI_API_KEY, and the Responses wire keeps its way', () => {
    const { settings } = validateSettings({
      backends: [
        { name: 'lab', baseUrl: 'http://127.0.0.1:9/v1', models: [{ id: 'a' }] },
        { name: 'own', baseUrl: 'https://own.example/v1', wire: 'responses', models: [{ id: 'b' }] },
        { name: 'near', baseUrl: 'http://127.0.0.1:8/v1', wire: 'responses', models: [{ id: 'c' }] },
      ],
    });
    assert.ok(settings);
    const text = exportLiteLlm(settings).find((one) => /yaml$/.test(one.path) && one.text.includes('model_list'))?.text;
    assert.match(text ?? '', /hosted_vllm\/a/);
    assert.match(text ?? '', /openai\/responses\/b/);
    assert.match(text ?? '', /openai\/responses\/c[\s\S]*?api_key: "?none/);
  });
});
