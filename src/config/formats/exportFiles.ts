/** The files beside config.yaml in an exported LiteLLM folder: how to run it, what it needs, what to know. */

import type { Settings } from '../../settings/schema';

export interface ExportedFile {
  /** Name inside the folder. */
  path: string;
  text: string;
}

/** Published images, looked up 2026-11. Newer ones: https://github.com/BerriAI/litellm/releases. */
const IMAGES = {
  litellm: 'ghcr.io/berriai/litellm:v1.103.3',
  postgres: 'postgres:17.6-alpine',
  redis: 'redis:7.4.5-alpine',
} as const;

export interface FolderFacts {
  /** Variables of provider keys. */
  variables: readonly string[];
  notes: readonly string[];
  /** A backend is a server on this machine. */
  hasLocal: boolean;
  settings: Settings;
}

export function liteLlmFiles(facts: FolderFacts): ExportedFile[] {
  return [
    { path: 'docker-compose.yml', text: compose(facts) },
    { path: '.env.example', text: envExample(facts) },
    { path: 'README.md', text: readme(facts) },
  ];
}

function compose({ variables }: FolderFacts): string {
  return `# LiteLLM proxy with its database (keys, budgets, spend) and Redis (limits shared by several proxies).
# Values come from the file .env beside this one; see .env.example for the names.
services:
  litellm:
    image: ${IMAGES.litellm}
    restart: unless-stopped
    command: ["--config", "/app/config.yaml", "--port", "4000"]
    ports:
      # This machine only; put a web server with HTTPS in front (see README.md).
      - "127.0.0.1:4000:4000"
    volumes:
      - ./config.yaml:/app/config.yaml:ro
    environment:
      LITELLM_MASTER_KEY: \${LITELLM_MASTER_KEY:?write it into .env}
      LITELLM_SALT_KEY: \${LITELLM_SALT_KEY:?write it into .env}
      DATABASE_URL: postgresql://litellm:\${POSTGRES_PASSWORD:?write it into .env}@db:5432/litellm
      REDIS_HOST: redis
      REDIS_PORT: "6379"
      REDIS_PASSWORD: \${REDIS_PASSWORD:?write it into .env}
${variables.map((name) => `      ${name}: \${${name}:-}`).join('\n')}
    extra_hosts:
      - "host.docker.internal:host-gateway"
    depends_on:
      db:
        condition: service_healthy
      redis:
        condition: service_healthy
    healthcheck:
      test: ["CMD", "python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4000/health/liveliness')"]
      interval: 30s
      timeout: 10s
      retries: 3
      start_period: 60s

  db:
    image: ${IMAGES.postgres}
    restart: unless-stopped
    environment:
      POSTGRES_DB: litellm
      POSTGRES_USER: litellm
      POSTGRES_PASSWORD: \${POSTGRES_PASSWORD:?write it into .env}
    volumes:
      - database:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U litellm -d litellm"]
      interval: 5s
      timeout: 5s
      retries: 10

  redis:
    image: ${IMAGES.redis}
    restart: unless-stopped
    command: ["sh", "-c", "exec redis-server --requirepass \\"$$REDIS_PASSWORD\\""]
    environment:
      REDIS_PASSWORD: \${REDIS_PASSWORD:?write it into .env}
    healthcheck:
      test: ["CMD-SHELL", "REDISCLI_AUTH=\\"$$REDIS_PASSWORD\\" redis-cli ping | grep -q PONG"]
      interval: 5s
      timeout: 5s
      retries: 10

volumes:
  database:
`.replace('\n\n    extra_hosts', '\n    extra_hosts');
}

function envExample({ variables }: FolderFacts): string {
  return `# Copy to .env, fill in, keep it out of version control. Letters and digits only in POSTGRES_PASSWORD: it is part of an address.
# The first four: openssl rand -hex 32 (put sk- in front of the master key).
LITELLM_MASTER_KEY=
LITELLM_SALT_KEY=
POSTGRES_PASSWORD=
REDIS_PASSWORD=

# Keys of the providers and values of their headers.
${variables.map((name) => `${name}=`).join('\n')}
`;
}

function readme({ notes, hasLocal, settings }: FolderFacts): string {
  const keys = settings.clientKeys.length;
  return `# Models for a team: a LiteLLM proxy

LLM Router wrote this folder from its settings. It serves the same model names on a server, for many people, with a
database for keys and budgets. LLM Router itself is for one person and one machine.

## Start

\`\`\`sh
cp .env.example .env        # then fill it in
docker compose up -d
curl http://127.0.0.1:4000/health/readiness
\`\`\`

\`LITELLM_SALT_KEY\` encrypts what is in the database: never change it later. \`config.yaml\` holds no key; each is read
from \`.env\`.

## Keys for people

Nobody but you gets the master key. ${
    keys > 0
      ? `The comments at the end of \`config.yaml\` hold one request for each of the ${keys} client ${keys === 1 ? 'key' : 'keys'} of the old settings, with its models and limits. LiteLLM makes the secret and shows it once.`
      : 'Make a key for each person:'
  }

\`\`\`sh
curl -X POST http://127.0.0.1:4000/key/generate -H "Authorization: Bearer $LITELLM_MASTER_KEY" \\
  -H "Content-Type: application/json" -d '{"key_alias":"anna","models":[],"max_budget":20,"budget_duration":"30d"}'
\`\`\`

## HTTPS

The port is open on the server itself only. With Caddy in front (\`Caddyfile\`):

\`\`\`
llm.example.com {
  reverse_proxy 127.0.0.1:4000 {
    flush_interval -1
  }
}
\`\`\`

## Use it from LLM Router

In the editor: **LLM Router: Add Backend…**, LiteLLM proxy, \`https://llm.example.com/v1\`, and the person's own key. Or in
settings.json: \`{ "name": "team", "preset": "litellm", "baseUrl": "https://llm.example.com/v1", "default": true }\`. Cursor
then keeps its stable URL, tool repairs and tunnel from LLM Router, and the team keeps keys and budgets in one place.

## What is different here
${[
  ...notes.map((note) => `- Not carried over: ${note.replaceAll(/[\r\n]+/g, ' ')}`),
  '- The answers are LiteLLM’s: what LLM Router does for Cursor alone stays in LLM Router.',
  ...(hasLocal
    ? [
        '- A backend was a server on your own machine. Inside the container 127.0.0.1 is the container: write `host.docker.internal` into its `api_base`, or the name of the machine that runs it.',
      ]
    : []),
]
  .join('\n')
  .trim()}
`;
}
