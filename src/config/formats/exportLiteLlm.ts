/**
 * Settings as a folder for a LiteLLM proxy (docs.litellm.ai/docs/proxy/configs, 2026-11): our way beyond one machine (design
 * §2.9). Pure: settings in, files out. No key is in any of them; a key is always the name of a variable.
 */

import { stringify } from 'yaml';
import { buildBackends } from '../../routing/build';
import { createRouteTable } from '../../routing/resolve';
import type { ClientKeySettings, Settings } from '../../settings/schema';
import { isLocalOnly } from '../../settings/tunnelKinds';
import type { ExportedFile } from './exportFiles';
import { liteLlmFiles } from './exportFiles';
import { exportModels, type LiteLlmEntry } from './exportModels';

/** The four files of the folder: `config.yaml`, `docker-compose.yml`, `.env.example` and `README.md`. */
export function exportLiteLlm(settings: Settings): ExportedFile[] {
  const backends = buildBackends(settings);
  const routes = createRouteTable({ ...settings, fallbackModel: undefined }, backends);
  const models = exportModels(settings, backends, routes);
  const notes = [...models.notes, ...leftOut(settings)];
  const config = [
    '# Configuration of a LiteLLM proxy, written by LLM Router. No key is in here: each is read from the environment.',
    ...notes.map((note) => `# Not carried over: ${plain(note)}`),
    '',
    section({ model_list: models.entries.map(entryOf) }),
    section({ litellm_settings: { drop_params: true } }),
    section({ router_settings: routerSettings(settings, models) }),
    '# LiteLLM keeps keys, their models and their budgets in its database, not in this file.',
    ...clientKeyComments(settings.clientKeys),
    section({
      general_settings: { master_key: 'os.environ/LITELLM_MASTER_KEY', database_url: 'os.environ/DATABASE_URL' },
    }),
  ].join('\n');
  return [
    { path: 'config.yaml', text: config },
    ...liteLlmFiles({ variables: models.variables, notes, hasLocal: backends.some((one) => one.local), settings }),
  ];
}

function section(value: object): string {
  return stringify(value, { lineWidth: 0, version: '1.1' });
}

function entryOf(entry: LiteLlmEntry): object {
  const { name, params, info } = entry;
  return { model_name: name, litellm_params: params, ...(info && { model_info: info }) };
}

function routerSettings(settings: Settings, models: ReturnType<typeof exportModels>): object {
  const { aliases, fallbacks, contextFallbacks } = models;
  return {
    num_retries: settings.retry.attemptsPerBackend - 1,
    ...(settings.timeouts.total > 0 && { timeout: settings.timeouts.total }),
    redis_host: 'os.environ/REDIS_HOST',
    redis_port: 'os.environ/REDIS_PORT',
    redis_password: 'os.environ/REDIS_PASSWORD',
    ...(Object.keys(aliases).length > 0 && { model_group_alias: aliases }),
    ...(fallbacks.length > 0 && { fallbacks: fallbacks.map(([name, targets]) => ({ [name]: targets })) }),
    ...(contextFallbacks.length > 0 && {
      context_window_fallbacks: contextFallbacks.map(([name, target]) => ({ [name]: [target] })),
    }),
  };
}

/** What the proxy is told once about each client key, as requests to its own API. */
function clientKeyComments(keys: readonly ClientKeySettings[]): string[] {
  return keys.flatMap((key) => {
    const { body, rest } = keyRequest(key);
    return [
      `# Key ${plain(key.name)}: curl -X POST http://127.0.0.1:4000/key/generate -H "Authorization: Bearer $LITELLM_MASTER_KEY" \\`,
      `#   -H "Content-Type: application/json" -d '${plain(JSON.stringify(body)).replaceAll("'", '\\u0027')}'`,
      ...rest.map((line) => `#   ${plain(line)}`),
    ];
  });
}

const PERIODS = [
  ['month', '30d'],
  ['week', '7d'],
  ['day', '1d'],
] as const;

/** LiteLLM knows one budget a key; the longest of ours is taken and the others are told. */
function keyRequest({ name, models, budget, ...limits }: ClientKeySettings): { body: object; rest: string[] } {
  const periods = PERIODS.filter(([period]) => budget?.[period] !== undefined);
  const [first, ...others] = periods;
  const total = budget?.total;
  const max = first ? budget?.[first[0]] : total;
  return {
    body: {
      key_alias: name,
      ...(models && { models }),
      ...(max !== undefined && { max_budget: max }),
      ...(first && { budget_duration: first[1] }),
      ...(limits.requestsPerMinute !== undefined && { rpm_limit: limits.requestsPerMinute }),
      ...(limits.tokensPerMinute !== undefined && { tpm_limit: limits.tokensPerMinute }),
      ...(limits.maxStreams !== undefined && { max_parallel_requests: limits.maxStreams }),
      ...(!limits.enabled && { blocked: true }),
    },
    rest: [
      ...others.map(
        ([period]) => `Its budget of ${budget?.[period]} US dollars a ${period} has no place beside the other.`,
      ),
      ...(first && total !== undefined
        ? [`Its budget of ${total} US dollars in all has no place beside the other.`]
        : []),
      ...(limits.expires === undefined ? [] : [`It ends on ${limits.expires}: add "duration", such as "30d".`]),
    ],
  };
}

function leftOut(settings: Settings): string[] {
  return [
    ...(isLocalOnly(settings.tunnel.provider)
      ? []
      : ['the tunnel. A proxy on a server has an address of its own (see README.md).']),
    ...settings.clientKeys
      .filter((key) => key.apiKeyEnv !== undefined)
      .map(
        (key) => `the secret of the client key ${key.name}. LiteLLM makes keys of its own (see the comments below).`,
      ),
  ];
}

/** A comment must stay one. */
function plain(text: string): string {
  return text.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ');
}
