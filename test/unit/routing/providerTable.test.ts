import assert from 'node:assert/strict';
import { destinationOf } from '../../../src/config/formats/liteLlmProviders';
import { loadConfigText } from '../../../src/config/load';
import { buildBackends } from '../../../src/routing/build';
import { PRESET_NAMES } from '../../../src/routing/presets';
import { knownProviders } from '../../../src/routing/providerTable';
import { validateSettings } from '../../../src/settings/check';

/** Where a model of a LiteLLM file goes: address, name there, variable of its key. */
function imported(params: Record<string, unknown>, env: Record<string, string> = {}) {
  const text = JSON.stringify({ model_list: [{ model_name: 'm', litellm_params: params }] });
  const { settings, problems } = loadConfigText(text, { env });
  assert.deepEqual(problems, []);
  const [backend] = settings ? buildBackends(settings, env) : [];
  return [backend?.baseUrl, backend?.models[0]?.upstream, backend?.apiKeyEnv];
}

describe('table of providers', () => {
  it('has addresses over https and variables, and no provider that is a preset', () => {
    assert.ok(knownProviders().length >= 70);
    for (const { name, baseUrl, keyEnv } of knownProviders()) {
      assert.ok(!(PRESET_NAMES as readonly string[]).includes(name), name);
      assert.match(baseUrl, /^https:\/\/[\w.-]+(\/[\w./-]+)?$|^http:\/\/localhost[:/]/, name);
      assert.ok(keyEnv.length > 0 && keyEnv.every((variable) => /^[A-Z][A-Z0-9_]+$/.test(variable)), name);
    }
  });
  it('every provider can be a backend', () => {
    for (const { name, baseUrl, keyEnv } of knownProviders()) {
      const { settings } = validateSettings({ backends: [{ name, baseUrl, apiKeyEnv: keyEnv[0] }] });
      assert.equal(settings && buildBackends(settings)[0]?.baseUrl, baseUrl, name);
    }
  });
  it('serves what a LiteLLM file names by prefix alone', () => {
    assert.deepEqual(imported({ model: 'nscale/kimi' }), [
      'https://inference.api.nscale.com/v1',
      'kimi',
      'NSCALE_API_KEY',
    ]);
    assert.deepEqual(imported({ model: 'perplexity/sonar' }, { PERPLEXITY_API_KEY: 'x' }), [
      'https://api.perplexity.ai',
      'sonar',
      'PERPLEXITY_API_KEY',
    ]);
  });
  it('serves providers of which each customer has an address, in the form that speaks OpenAI’s or Anthropic’s API', () => {
    const azure = 'https://r.services.ai.azure.com';
    assert.deepEqual(imported({ model: 'azure_ai/grok-4', api_base: `${azure}/models` }), [
      ...[`${azure}/openai/v1`, 'grok-4', 'AZURE_AI_API_KEY'],
    ]);
    assert.deepEqual(imported({ model: 'azure_ai/claude-opus-5' }, { AZURE_AI_API_BASE: azure }), [
      ...[`${azure}/anthropic/v1`, 'claude-opus-5', 'AZURE_AI_API_KEY'],
    ]);
    assert.deepEqual(imported({ model: 'snowflake/m', api_base: 'https://a.snowflakecomputing.com/api/v2' }), [
      ...['https://a.snowflakecomputing.com/api/v2/cortex/v1', 'm', 'SNOWFLAKE_JWT'],
    ]);
    assert.deepEqual(imported({ model: 'databricks/m' }, { DATABRICKS_API_BASE: 'https://w/serving-endpoints' }), [
      ...['https://w/serving-endpoints', 'm', 'DATABRICKS_API_KEY'],
    ]);
    assert.deepEqual(imported({ model: 'cohere_chat/command-a-03-2025' }), [
      ...['https://api.cohere.ai/compatibility/v1', 'command-a-03-2025', 'COHERE_API_KEY'],
    ]);
  });
  it('finds Bedrock behind the bare name of a model, and its second endpoint by region and path', () => {
    const bare = destinationOf({ model: 'us.writer.palmyra-x5-v1:0', region: 'us-east-1' });
    assert.ok(!('problem' in bare) && bare.preset === 'bedrock', JSON.stringify(bare));
    const mantle = (model: string) => {
      const found = destinationOf({ model: `bedrock_mantle/${model}`, region: 'eu-west-1' });
      return 'problem' in found ? found.problem.text : [found.baseUrl, found.upstream, found.wire];
    };
    const at = (region: string) => `https://bedrock-mantle.${region}.api.aws`;
    assert.deepEqual(mantle('openai.gpt-oss-120b'), [`${at('eu-west-1')}/v1`, 'openai.gpt-oss-120b', undefined]);
    assert.deepEqual(mantle('us-gov-west-1/openai.gpt-5.4'), [
      ...[`${at('us-gov-west-1')}/openai/v1`, 'openai.gpt-5.4', 'responses'],
    ]);
    assert.match(String(mantle('anthropic.claude-opus-5-5')), /wire "messages" and auth "bearer"/);
  });
  it('says of every other provider with chat models in LiteLLM’s price file why it is not served', () => {
    const why = (model: string) => {
      const found = destinationOf({ model });
      return 'problem' in found ? found.problem.text : `served at ${found.baseUrl}`;
    };
    for (const provider of ['replicate', 'nlp_cloud', 'scaledown', 'fal_ai', 'watsonx'])
      assert.match(why(`${provider}/m`), /has an API of its own/);
    for (const provider of ['github_copilot', 'chatgpt', 'microsoft_365_copilot'])
      assert.match(why(`${provider}/m`), /sign-in of a person/);
    for (const provider of ['sagemaker', 'oci']) assert.match(why(`${provider}/m`), /each request signed/);
    assert.match(why('cohere/rerank-v4'), /cohere_chat/);
    assert.match(why('gigachat/m'), /ends after 30 minutes/);
    assert.match(why('databricks/m'), /needs an api_base, as https:\/\/WORKSPACE/);
    assert.match(why('nobody/m'), /is not known here/);
    assert.match(why('m'), /not written in front/);
  });
  it('takes another address from the variable that LiteLLM takes it from, or from the entry', () => {
    const env = { NSCALE_API_BASE: 'https://cn.example/v1' };
    assert.deepEqual(imported({ model: 'nscale/kimi' }, env), ['https://cn.example/v1', 'kimi', 'NSCALE_API_KEY']);
    assert.deepEqual(imported({ model: 'nscale/kimi', api_base: 'http://127.0.0.1:9' }), [
      'http://127.0.0.1:9/v1',
      'kimi',
      undefined,
    ]);
  });
});
