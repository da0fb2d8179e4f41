/** From the text of a configuration file to settings: our own JSON, an llm-router config.json or a LiteLLM config.yaml (design §4). */

import { messageOf, wordsOf } from '../said';
import { findProblems } from '../settings/check';
import { error } from '../settings/checkBackend';
import { type Found, pathText } from '../settings/path';
import type { Problem } from '../settings/problem';
import { isObject } from '../wires/read';
import { type ReadIncludes, withIncludes } from './formats/includedFiles';
import { readJson, type SourceFile } from './formats/jsonFile';
import { readLiteLlmFile } from './formats/liteLlmFile';
import { isLlmRouterFile, readLlmRouterFile } from './formats/llmRouterFile';
import type { Environment, FileContent, LoadedConfig } from './formats/loaded';
import { ownSettings } from './formats/ownFile';
import { readYaml } from './formats/yamlFile';
import { say } from './sentences';

/**
 * Reads a configuration. The format is told by content, never by the name. `env` fills in what a LiteLLM file takes from the
 * environment, `includes` finds the files that one includes. Never throws: what is wrong is in `problems`.
 */
export function loadConfigText(
  text: string,
  { env = {}, includes }: { env?: Environment; includes?: ReadIncludes } = {},
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
  const problems = [
    ...source.found,
    ...content.found,
    ...found.map((one) => ({ ...one, at: content.placeOf(one.at) })),
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
    path: pathText(one.at),
    ...messageOf(source.wordsOf?.(one) ?? wordsOf(one)),
    severity: one.severity,
    ...source.positionOf(one),
  }));
}

function broken(kind: LoadedConfig['kind'], problems: Problem[]): LoadedConfig {
  return { kind, secrets: {}, problems };
}
