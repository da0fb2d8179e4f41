/** What could be a backend without anybody having written it down: keys in the environment, servers on local ports. Only offered, never used unasked in an editor. */

import { PRESET_NAMES, PRESETS, type PresetName } from '../routing/presets';
import { isObject, parseObject } from '../wires/read';
import { ask } from './ask';
import { readList } from './modelList';
import type { Send } from './send';

export interface FoundBackend {
  name: string;
  preset: string;
  /** 'environment OPENAI_API_KEY' or 'answers on http://127.0.0.1:11434'. */
  where: string;
  apiKeyEnv?: string;
  /** It answers, and says nothing without a key. */
  needsKey?: true;
}

/** Milliseconds a local server may take to answer. */
const LOCAL_MS = 700;

/** Backends whose key stands in the environment. Pure. */
export function foundInEnvironment(env: Readonly<Record<string, string | undefined>>): FoundBackend[] {
  return PRESET_NAMES.flatMap((name) => {
    const preset = PRESETS[name];
    // A base URL that has to be filled in first cannot be offered ready-made.
    if (preset.fill || preset.local) return [];
    const variable = preset.keyEnv.find((candidate) => env[candidate]);
    return variable ? [{ name, preset: name, where: `environment variable ${variable}`, apiKeyEnv: variable }] : [];
  });
}

/** Local model servers that answer right now. */
export async function foundOnLocalPorts(send: Send): Promise<FoundBackend[]> {
  const local = PRESET_NAMES.filter((name) => PRESETS[name].local && name !== 'demo');
  const found = await Promise.all(local.map((name) => askLocal(name, send)));
  // Several programs use the same port by habit; whichever preset comes first stands for it.
  const seen = new Set<string>();
  return found.filter(
    (one): one is FoundBackend => one !== undefined && !seen.has(one.where) && seen.add(one.where) !== undefined,
  );
}

async function askLocal(name: PresetName, send: Send): Promise<FoundBackend | undefined> {
  const url = new URL(`${PRESETS[name].baseUrl}/models`);
  const answer = await ask({ send, request: { method: 'GET', url, headers: {}, local: true }, ms: LOCAL_MS });
  if (!('status' in answer)) return undefined;
  const found = { name, preset: name, where: `answers on ${url.origin}` };
  if (answer.status === 200) return readList(answer.text) && found;
  // LM Studio and LocalAI, where their keys are switched on. Anybody else may listen there, too: only an API's own refusal counts.
  const { error } = (answer.status === 401 && parseObject(answer.text)) || {};
  return isObject(error) && typeof error.message === 'string' ? { ...found, needsKey: true } : undefined;
}
