import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { parse } from 'yaml';
import { OTHER_TOOLS, type ToolUse } from '../../../src/editor/otherTools';
import { onWindows } from '../../support/platform';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';

/** Names as providers make them: slashes, colons, quotes. */
const ODD = `a/b:c'd"e`;

/** The variables that PowerShell sets: between single quotes nothing is special but the quote, which stands twice. Wine has no PowerShell. */
function readPowerShell(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^\$env:(\w+) = '((?:[^']|'')*)'$/.exec(line) ?? assert.fail(line);
      return [name!, value!.replaceAll("''", "'")];
    }),
  );
}

describe('the lines for other tools', () => {
  let router: TestRouter;
  before(async () => {
    router = await startRouter({ backends: [] });
  });
  after(() => router.stop());

  const use = (more: Partial<ToolUse> = {}): ToolUse => ({
    origin: router.url,
    key: CLIENT_KEY,
    model: 'demo/echo',
    shell: onWindows ? 'powershell' : 'posix',
    ...more,
  });
  const lines = (id: string, more?: Partial<ToolUse>): string => {
    const tool = OTHER_TOOLS.find((one) => one.id === id);
    assert.ok(tool, id);
    return tool.lines(use(more));
  };
  /** What a program that is started after the lines finds in its environment. */
  const environment = (text: string): Record<string, string> => {
    if (onWindows) return readPowerShell(text);
    const shown = execFileSync('sh', [
      '-c',
      `${text}\n"$0" -e 'console.log(JSON.stringify(process.env))'`,
      process.execPath,
    ]);
    return JSON.parse(shown.toString()) as Record<string, string>;
  };

  it('OpenAI SDKs: a program that says nothing itself reaches the router', async () => {
    const { OPENAI_BASE_URL, OPENAI_API_KEY } = environment(lines('openai-sdk'));
    const client = new OpenAI({ baseURL: OPENAI_BASE_URL!, apiKey: OPENAI_API_KEY! });
    const answer = await client.chat.completions.create({
      model: 'demo/echo',
      messages: [{ role: 'user', content: 'hi' }],
    });
    assert.match(answer.choices[0]?.message.content ?? '', /hi/);
  });

  it('Anthropic SDKs: a program that says nothing itself reaches the router', async () => {
    const { ANTHROPIC_BASE_URL, ANTHROPIC_API_KEY } = environment(lines('anthropic-sdk'));
    const client = new Anthropic({ baseURL: ANTHROPIC_BASE_URL!, apiKey: ANTHROPIC_API_KEY! });
    const answer = await client.messages.create({
      model: 'demo/echo',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi' }],
    });
    assert.match(JSON.stringify(answer.content), /hi/);
  });

  it('Claude Code and aider: every variable arrives as it is, also of an odd model name', () => {
    const claude = environment(lines('claude-code', { model: ODD }));
    assert.deepEqual(
      [
        claude.ANTHROPIC_BASE_URL,
        claude.ANTHROPIC_AUTH_TOKEN,
        claude.ANTHROPIC_MODEL,
        claude.ANTHROPIC_DEFAULT_HAIKU_MODEL,
      ],
      [router.url, CLIENT_KEY, ODD, ODD],
    );
    const aider = environment(lines('aider', { model: ODD }));
    assert.deepEqual([aider.OPENAI_API_BASE, aider.AIDER_MODEL], [`${router.url}/v1`, `openai/${ODD}`]);
  });

  it('opencode and Continue: the file says the same when it is read', () => {
    const opencode = JSON.parse(lines('opencode', { model: ODD })) as {
      provider: Record<string, { options: object; models: object }>;
      model: string;
    };
    assert.equal(opencode.model, `llm-router/${ODD}`);
    assert.deepEqual(opencode.provider['llm-router']?.options, { baseURL: `${router.url}/v1`, apiKey: CLIENT_KEY });
    assert.deepEqual(opencode.provider['llm-router']?.models, { [ODD]: {} });
    const { models } = parse(lines('continue', { model: ODD })) as { models: object[] };
    assert.deepEqual(models, [
      {
        name: ODD,
        provider: 'openai',
        model: ODD,
        apiBase: `${router.url}/v1`,
        apiKey: CLIENT_KEY,
        roles: ['chat', 'edit', 'apply'],
      },
    ]);
  });

  it('Codex: the key stands in the shell alone', () => {
    const [file = '', shell = ''] = lines('codex').split('# Not into the file, into the shell:\n');
    assert.match(file, /^model = "demo\/echo"\nmodel_provider = "llm-router"\n/);
    assert.ok(file.includes(`base_url = "${router.url}/v1"`) && !file.includes(CLIENT_KEY));
    assert.equal(environment(shell).LLM_ROUTER_KEY, CLIENT_KEY);
  });

  it('PowerShell gets its own form of a variable', () => {
    assert.equal(
      lines('openai-sdk', { shell: 'powershell', key: "k'1" }).split('\n')[1],
      "$env:OPENAI_API_KEY = 'k''1'",
    );
  });

  it('every tool says where its lines go, and each has a client key of its own', () => {
    assert.equal(new Set(OTHER_TOOLS.map(({ id }) => id)).size, OTHER_TOOLS.length);
    for (const { id, where } of OTHER_TOOLS) {
      assert.match(id, /^[a-z][a-z-]+$/);
      assert.match(where, /^into /);
    }
  });
});
