/**
 * What other tools need to use this router, ready to paste: environment variables or the entry of a file. Pure. Sources:
 * code.claude.com/docs (Gateways), developers.openai.com/codex (config), opencode.ai/docs (Providers), docs.continue.dev
 * (config.yaml), docs.cline.bot (OpenAI Compatible), aider.chat/docs (OpenAI compatible APIs), the SDKs' own READMEs.
 */
import { t } from './words';

export interface ToolUse {
  /** Where the router listens, without a path: `http://127.0.0.1:11411`. */
  origin: string;
  key: string;
  /** A model name that the router serves. */
  model: string;
  shell: 'posix' | 'powershell';
}

export interface Tool {
  /** Name of the client key made for it. */
  id: string;
  name: string;
  /** Where the lines go. */
  where: string;
  lines(use: ToolUse): string;
}

const FIRST_IN_SHELL = t`into the shell, before it is started there`;

export const OTHER_TOOLS: readonly Tool[] = [
  {
    id: 'claude-code',
    name: 'Claude Code',
    where: FIRST_IN_SHELL,
    // The small model would otherwise be one of Anthropic's own names, which the router may not serve.
    lines: ({ origin, key, model, shell }) =>
      variables(shell, {
        ANTHROPIC_BASE_URL: origin,
        ANTHROPIC_AUTH_TOKEN: key,
        ANTHROPIC_MODEL: model,
        ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      }),
  },
  {
    id: 'codex',
    name: 'Codex',
    where: t`into ~/.codex/config.toml; the last line into the shell`,
    lines: ({ origin, key, model, shell }) =>
      [
        `model = ${quoted(model)}`,
        'model_provider = "llm-router"',
        '',
        '[model_providers.llm-router]',
        'name = "LLM Router"',
        `base_url = ${quoted(`${origin}/v1`)}`,
        'env_key = "LLM_ROUTER_KEY"',
        'wire_api = "responses"',
        '',
        `# Not into the file, into the shell:`,
        variables(shell, { LLM_ROUTER_KEY: key }),
      ].join('\n'),
  },
  {
    id: 'opencode',
    name: 'opencode',
    where: t`into opencode.json`,
    lines: ({ origin, key, model }) =>
      JSON.stringify(
        {
          $schema: 'https://opencode.ai/config.json',
          provider: {
            'llm-router': {
              npm: '@ai-sdk/openai-compatible',
              name: 'LLM Router',
              options: { baseURL: `${origin}/v1`, apiKey: key },
              models: { [model]: {} },
            },
          },
          model: `llm-router/${model}`,
        },
        null,
        2,
      ),
  },
  {
    id: 'cline',
    name: 'Cline',
    where: t`into its settings, API Provider "OpenAI Compatible", field by field`,
    lines: ({ origin, key, model }) => [`Base URL: ${origin}/v1`, `API Key: ${key}`, `Model ID: ${model}`].join('\n'),
  },
  {
    id: 'continue',
    name: 'Continue',
    where: t`into ~/.continue/config.yaml`,
    lines: ({ origin, key, model }) =>
      [
        'name: LLM Router',
        'version: 1.0.0',
        'schema: v1',
        'models:',
        `  - name: ${quoted(model)}`,
        '    provider: openai',
        `    model: ${quoted(model)}`,
        `    apiBase: ${origin}/v1`,
        `    apiKey: ${key}`,
        '    roles: [chat, edit, apply]',
      ].join('\n'),
  },
  {
    id: 'aider',
    name: 'aider',
    where: FIRST_IN_SHELL,
    lines: ({ origin, key, model, shell }) =>
      variables(shell, { OPENAI_API_BASE: `${origin}/v1`, OPENAI_API_KEY: key, AIDER_MODEL: `openai/${model}` }),
  },
  {
    id: 'openai-sdk',
    name: 'OpenAI SDKs',
    where: t`into the shell or the .env of the program`,
    lines: ({ origin, key, shell }) => variables(shell, { OPENAI_BASE_URL: `${origin}/v1`, OPENAI_API_KEY: key }),
  },
  {
    id: 'anthropic-sdk',
    name: 'Anthropic SDKs',
    where: t`into the shell or the .env of the program`,
    lines: ({ origin, key, shell }) => variables(shell, { ANTHROPIC_BASE_URL: origin, ANTHROPIC_API_KEY: key }),
  },
];

function variables(shell: ToolUse['shell'], values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) =>
      shell === 'powershell'
        ? `$env:${name} = '${value.replaceAll("'", "''")}'`
        : `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
    )
    .join('\n');
}

/** In double quotes, as TOML and YAML read it. */
const quoted = (text: string): string => JSON.stringify(text);
