// Makes src/routing/providers.data.json from LiteLLM's published wheel: `node test/tools/makeLiteLlmProviders.mjs [FOLDER]`.
// `pip download` only downloads: nothing of the package is installed or run. FOLDER is a wheel unpacked before.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const VERSION = '1.110.2';
/** Day on which the data was made. */
const DATE = '2026-11-29';
/** Presets of our own know these better; the last ones are no API with a key. */
const LEFT_OUT = new Set([
  ...[
    'groq',
    'cerebras',
    'deepseek',
    'xai',
    'together_ai',
    'fireworks_ai',
    'litellm_proxy',
    'hosted_vllm',
    'llamafile',
  ],
  ...['lm_studio', 'moonshot', 'zai', 'minimax', 'dashscope', 'github_copilot', 'chatgpt', 'opencode_go'],
]);

/** Where the source of a provider is when its name does not say it. */
const FOLDERS = { qwencloud: 'dashscope', qwen_ai_platform: 'dashscope' };
const FILES = { qwencloud: 'qwencloud.py', qwen_ai_platform: 'qwen_ai_platform.py' };

/** Read in the source by a person: it says these in other words. opencode_go has an address a model family, so it is none. */
const BY_HAND = {
  cometapi: row('https://api.cometapi.com/v1', ['COMETAPI_KEY'], 'COMETAPI_API_BASE'),
  modelscope: row('https://api-inference.modelscope.cn/v1', ['MODELSCOPE_API_KEY'], 'MODELSCOPE_API_BASE'),
  // Served in OpenAI's shape by the provider (docs.cohere.com/docs/compatibility-api), in its own by LiteLLM.
  cohere_chat: row('https://api.cohere.ai/compatibility/v1', ['COHERE_API_KEY']),
  amazon_nova: row('https://api.nova.amazon.com/v1', ['AMAZON_NOVA_API_KEY'], 'AMAZON_NOVA_API_BASE'),
  gradient_ai: row('https://inference.do-ai.run/v1', ['GRADIENT_AI_API_KEY']),
  ovhcloud: row('https://oai.endpoints.kepler.ai.cloud.ovh.net/v1', ['OVHCLOUD_API_KEY'], 'OVHCLOUD_API_BASE'),
  lemonade: row('http://localhost:8000/api/v1', ['LEMONADE_API_KEY'], 'LEMONADE_API_BASE'),
  nscale: row('https://inference.api.nscale.com/v1', ['NSCALE_API_KEY'], 'NSCALE_API_BASE'),
};

const scratch = mkdtempSync(path.join(tmpdir(), 'litellm-'));
try {
  const folder = process.argv[2] ?? unpacked(scratch);
  const read = (...parts) => readFileSync(path.join(folder, 'litellm', ...parts), 'utf8');
  const listed = names(read('constants.py'), 'openai_compatible_providers');
  const json = JSON.parse(read('llms', 'openai_like', 'providers.json'));
  const logic = read('litellm_core_utils', 'get_llm_provider_logic.py');
  const rows = [...new Set([...listed, ...Object.keys(json), ...Object.keys(BY_HAND)])]
    .filter((name) => !LEFT_OUT.has(name))
    .sort()
    .flatMap((name) => {
      const found =
        BY_HAND[name] ??
        (json[name] ? fromJson(json[name]) : (fromSource(branchOf(logic, name)) ?? fromFolder(folder, name)));
      return found ? [` ${JSON.stringify(name)}: ${JSON.stringify(found)}`] : [];
    });
  const head = { source: `litellm ${VERSION} (PyPI)`, date: DATE, license: 'MIT, Copyright (c) 2023 Berri AI' };
  const text = `${JSON.stringify(head, null, 1).slice(0, -2)},\n "providers": {\n${rows.join(',\n')}\n}}\n`;
  JSON.parse(text);
  writeFileSync(path.join(import.meta.dirname, '../../src/routing/providers.data.json'), text);
  console.log(
    `${rows.length} providers with an address (${listed.length} are called OpenAI-compatible), ${text.length} bytes`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function unpacked(folder) {
  execFileSync('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `litellm==${VERSION}`]);
  const [wheel] = readdirSync(folder);
  execFileSync('python3', ['-m', 'zipfile', '-e', path.join(folder, wheel), folder]);
  return folder;
}

/** The texts of a Python list of that name. */
function names(source, list) {
  const from = source.slice(source.search(new RegExp(`^${list}\\b`, 'm')));
  const body = from.slice(from.indexOf('= ['), from.indexOf('\n]'));
  return [...body.matchAll(/^\s*"([^"]+)"/gm)].map((match) => match[1]);
}

function fromJson({ base_url: url, api_key_env: key, api_base_env: address }) {
  return row(url, key ? [key] : [], address);
}

function row(url, keys, address) {
  if (!url || !/^https?:\/\/[^{}\s]+$/.test(url)) return undefined;
  return { baseUrl: url.replace(/\/+$/, ''), keyEnv: [...new Set(keys)], ...(address && { addressEnv: address }) };
}

/** What LiteLLM does with a provider in its own lookup. */
function branchOf(source, name) {
  const start = source.search(new RegExp(`elif [^\\n]*custom_llm_provider (==|in) [^\\n]*"${name}"`));
  const after = source.slice(source.lastIndexOf('def _get_openai_compatible_provider_info'));
  const at = after.search(new RegExp(`if [^\\n]*custom_llm_provider (==|in) [^\\n]*"${name}"`));
  if (start < 0 || at < 0) return '';
  const body = after.slice(at);
  return body.slice(0, body.indexOf('\n    elif ', 5) + 1 || undefined);
}

function fromSource(text) {
  const secrets = [...text.matchAll(/get_secret(?:_str)?\(\s*"([A-Z0-9_]+)"/g)].map((match) => match[1]);
  const address = secrets.find((name) => /(API_BASE|BASE_URL|_BASE|_URL)$/.test(name));
  const url =
    /(?:\bor|\bapi_base =)\s+"(https?:\/\/[^"{}\s]+)"/.exec(text)?.[1] ??
    /^[A-Z_]*(?:API_BASE|BASE_URL|ENDPOINT)[A-Z_]*(?:: [\w[\]]+)? = "(https?:\/\/[^"{}\s]+)"/m.exec(text)?.[1];
  const keys = secrets.filter((name) => /(KEY|TOKEN)$/.test(name));
  return row(url, keys, address);
}

/** The class of the provider, where the lookup only names it. */
function fromFolder(folder, name) {
  for (const file of ['chat/transformation.py', 'common_utils.py', 'chat/common_utils.py', 'cost_calculator.py']) {
    const full = path.join(folder, 'litellm', 'llms', FOLDERS[name] ?? name, FILES[name] ?? file);
    const found = existsSync(full) ? fromSource(readFileSync(full, 'utf8')) : undefined;
    if (found) return found;
  }
  return undefined;
}
