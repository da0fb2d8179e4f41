/** From the text of a configuration file to settings: our own JSON, an llm-router config.json or a LiteLLM config.yaml (design §4). */

import { messageOf, wordsOf } from '../said';
import { findProblems } from '../settings/check';
import { error, warning } from '../settings/checkBackend';
import { type Found, toProblem } from '../settings/path';
import type { Problem } from '../settings/problem';
import type { Settings } from '../settings/schema';
import { isObject } from '../wires/read';
import { type ReadIncludes, withIncludes } from './formats/includedFiles';
import { readJson, type SourceFile } from './formats/jsonFile';
import { readLiteLlmFile } from './formats/liteLlmFile';
import { isLlmRouterFile, readLlmRouterFile } from './formats/llmRouterFile';
import type { Environment, FileContent, LoadedConfig } from './formats/loaded';
import { ownSettings } from './formats/ownFile';
import { readYaml } from './formats/yamlFile';
import { keyText } from './intake';
import { say } from './sentences';

export interface LoadOptions {
  env?: Environment;
  includes?: ReadIncludes;
  /** `env` is where all keys are, as without an editor: a variable without a value is told. */
  keysFromEnv?: boolean;
}

/**
 * Reads a configuration. The format is told by content, never by the name. `env` fills in what a LiteLLM file takes from the
 * environment, `includes` finds the files that one includes. Never throws: what is wrong is in `problems`.
 */
export function loadConfigText(
  text: string,
  { env = {}, includes, keysFromEnv = false }: LoadOptions = {},
): LoadedConfig {
  const plain = text.replace(/^\ufeff/, '');
  if (plain.trim() === '') {
    return broken('own', [{ path: '', ...messageOf(say.emptyFile), severity: 'error', line: 1, column: 1 }]);
  }
  const json = /^\s*(\{|\/[/*])/.test(plain);
  const source = json ? readJson(plain) : withIncludes(readYaml(plain), includes);
  const kind = kindOf(source, json);
  if (kind === undefined) {
    return broken('own', placed(source, [...source.found, error([], say.noConfiguration)]));
  }
  if (source.found.some((one) => one.severity === 'error')) return broken(kind, placed(source, source.found));
  const content = readContent(kind, source.value, env);
  const { settings, found } = findProblems(content.settings);
  // What a LiteLLM file takes from variables was looked up where it stands.
  const unset = keysFromEnv && settings && kind !== 'litellm' ? unsetVariables(settings, content.secrets, env) : [];
  const problems = [
    ...source.found,
    ...content.found,
    ...[...found, ...unset].map((one) => ({ ...one, at: content.placeOf(one.at) })),
  ];
  const usable = settings !== undefined && problems.every((one) => one.severity === 'warning');
  return {
    kind,
    ...(usable ? { settings } : {}),
    secrets: usable ? content.secrets : {},
    ...(content.clientKeyEnv === undefined ? {} : { clientKeyEnv: content.clientKeyEnv }),
    problems: placed(source, problems),
  };
}

/** Variables that are named for keys and hold none: nothing else says so before a provider or a client is refused. */
function unsetVariables(
  { backends, clientKeys }: Settings,
  secrets: Readonly<Record<string, string>>,
  env: Environment,
): Found[] {
  const inBackends = backends
    .map((backend, index) => ({ backend, at: ['backends', index] as const }))
    .filter(({ backend }) => backend.requireApiKey !== false && secrets[backend.name] === undefined)
    .flatMap(({ backend, at }) => [
      { entry: backend, at },
      ...(backend.models ?? []).map((entry, index) => ({ entry, at: [...at, 'models', index] })),
    ]);
  const named = [...inBackends, ...clientKeys.map((entry, index) => ({ entry, at: ['clientKeys', index] }))];
  return named.flatMap(({ entry: { apiKeyEnv }, at }) =>
    apiKeyEnv === undefined || keyText(env[apiKeyEnv]) !== undefined
      ? []
      : [warning([...at, 'apiKeyEnv'], say.variableUnset(apiKeyEnv))],
  );
}

const LITELLM_KEYS = ['model_list', 'litellm_settings', 'general_settings', 'router_settings', 'environment_variables'];

/** A broken file is what its readable part looks like; undefined for something else entirely. */
function kindOf({ value, found }: SourceFile, json: boolean): LoadedConfig['kind'] | undefined {
  if (isObject(value)) {
    if (LITELLM_KEYS.some((key) => key in value)) return 'litellm';
    if (json) return isLlmRouterFile(value) ? 'llm-router' : 'own';
  }
  return found.length === 0 ? undefined : json ? 'own' : 'litellm';
}

function readContent(kind: LoadedConfig['kind'], value: unknown, env: Environment): FileContent {
  if (kind === 'own') return ownSettings(value);
  return kind === 'llm-router' ? readLlmRouterFile(value) : readLiteLlmFile(value, env);
}

function placed(source: SourceFile, found: readonly Found[]): Problem[] {
  return found.map((one) => ({
    ...toProblem({ ...one, ...messageOf(source.wordsOf?.(one) ?? wordsOf(one)) }),
    ...source.positionOf(one),
  }));
}

function broken(kind: LoadedConfig['kind'], problems: Problem[]): LoadedConfig {
  return { kind, secrets: {}, problems };
}
