/**
 * The exported folder in the real LiteLLM, which LITELLM_BIN names (`pip install 'litellm[proxy]'`): each name is asked here and
 * there, and the provider has to see the same. Skipped by name elsewhere.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { exportLiteLlm } from '../../../src/config/formats/exportLiteLlm';
import { validateSettings } from '../../../src/settings/check';
import type { SettingsInput } from '../../../src/settings/schema';
import { tempFolder } from '../../support/program';
import { quietPort } from '../../support/quietPort';
import { startRouter, type TestRouter } from '../../support/router';
import { chatCompletion, json, type Seen, startUpstream, type Upstream } from '../../support/upstream';

const BIN = process.env.LITELLM_BIN;
const MASTER = 'sk-master-0123456789';
const KEYS = { LAB_KEY: 'sk-lab-00000000', WIDE_KEY: 'sk-wide-00000000', RESP_KEY: 'sk-resp-00000000' };
const MORE_KEYS = { CLAUDE_KEY: 'sk-claude-000000', OPENAI_API_KEY: 'sk-openai-nobody-may-see' };
const ENV: Record<string, string> = { ...KEYS, ...MORE_KEYS };

const ANSWERS: Record<string, object> = {
  'chat/completions': chatCompletion('hi'),
  responses: {
    ...{ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', error: null, tools: [] },
    output: [
      {
        ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
        content: [{ type: 'output_text', text: 'hi', annotations: [] }],
      },
    ],
    ...{ parallel_tool_calls: true, tool_choice: 'auto' },
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  },
  messages: {
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'hi' }] },
    ...{ stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
  },
};

(BIN ? describe : describe.skip)('export in the real LiteLLM (LITELLM_BIN)', function () {
  this.timeout(300_000);
  let upstream: Upstream;
  let router: TestRouter;
  let proxy: ChildProcess;
  let proxyUrl: string;
  let said = '';
  let temp: ReturnType<typeof tempFolder>;
  const settings = (): SettingsInput => {
    const at = (name: string) => `${upstream.url}/${name}/v1`;
    return {
      backends: [
        {
          ...{ name: 'lab', baseUrl: at('lab'), apiKeyEnv: 'LAB_KEY' },
          models: [
            { id: 'fast', upstream: 'm-small', aliases: ['quick'] },
            { id: 'deep', upstream: 'm-large', reasoningEffort: 'high' },
          ],
        },
        { name: 'local', baseUrl: at('local'), models: [{ id: 'home/qwen', upstream: 'qwen3:8b' }] },
        { name: 'wide', baseUrl: at('wide'), apiKeyEnv: 'WIDE_KEY' },
        {
          ...{ name: 'resp', baseUrl: at('resp'), wire: 'responses', apiKeyEnv: 'RESP_KEY' },
          models: [{ id: 'thinker', upstream: 'r-1' }],
        },
        {
          ...{ name: 'claude', baseUrl: at('claude'), wire: 'messages', apiKeyEnv: 'CLAUDE_KEY' },
          models: [{ id: 'wise', upstream: 'w-1' }],
        },
      ],
      aliases: { work: 'fast', far: 'wide/some/model' },
    };
  };
  const NAMES = [
    'fast',
    'quick',
    'deep',
    'home/qwen',
    'wide/any:thing',
    'thinker',
    'wise',
    'work',
    'far',
    'resp/other',
    'lab/x',
  ];

  before(async () => {
    upstream = await startUpstream((seen, response) => {
      const answer = Object.entries(ANSWERS).find(([suffix]) => seen.path.split('?')[0]!.endsWith(`/${suffix}`))?.[1];
      return json(answer ?? { data: [] })(seen, response);
    });
    router = await startRouter(settings(), {}, ENV);
    temp = tempFolder();
    const text = exportLiteLlm(validateSettings(settings()).settings!).find((one) => one.path === 'config.yaml')!.text;
    // What the compose file brings along, keys and spend, is not compared here.
    const config = parse(text) as Record<'general_settings' | 'router_settings', Record<string, unknown>>;
    delete config.general_settings.database_url;
    for (const name of ['redis_host', 'redis_port', 'redis_password']) delete config.router_settings[name];
    writeFileSync(path.join(temp.folder, 'config.yaml'), stringify(config));
    const port = String(await quietPort());
    proxyUrl = `http://127.0.0.1:${port}`;
    proxy = spawn(BIN!, ['--config', 'config.yaml', '--host', '127.0.0.1', '--port', port, '--num_workers', '1'], {
      cwd: temp.folder,
      env: {
        ...{ PATH: process.env.PATH, HOME: temp.folder, LITELLM_MASTER_KEY: MASTER, ...ENV },
        ...{ LITELLM_LOCAL_MODEL_COST_MAP: 'True', NO_PROXY: '127.0.0.1' },
      },
    });
    for (const stream of [proxy.stdout!, proxy.stderr!]) stream.on('data', (data: Buffer) => (said += data));
    while (!(await fetch(`${proxyUrl}/health/liveliness`).catch(() => undefined))?.ok) {
      assert.equal(proxy.exitCode, null, said.slice(-2_000));
      await sleep(500);
    }
  });
  after(async () => {
    if (proxy && proxy.exitCode === null) {
      const gone = new Promise((resolve) => proxy.once('exit', resolve));
      proxy.kill('SIGKILL');
      await gone;
    }
    await router?.stop();
    await upstream?.stop();
    temp?.remove();
  });

  const theirs = (where: string, body?: object) =>
    fetch(proxyUrl + where, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${MASTER}`, 'content-type': 'application/json' },
    });
  /** Address, model and which of our keys; a server without one may be sent a word. */
  function facts(seen: Seen | undefined): string {
    if (!seen) return 'nobody was asked';
    const sent = JSON.stringify(seen.headers);
    const keys = Object.keys(ENV).filter((name) => sent.includes(ENV[name]!));
    return [seen.path.split('?')[0], seen.json().model, ...keys].join(' ');
  }
  async function asked(ask: () => Promise<Response>): Promise<string> {
    upstream.seen.length = 0;
    const answer = await ask();
    assert.equal(answer.status, 200, await answer.text());
    return facts(upstream.seen.find(({ method }) => method === 'POST'));
  }

  for (const name of NAMES)
    it(`${name} leads to the same address, model and key`, async () => {
      const body = { model: name, messages: [{ role: 'user', content: 'hi' }] };
      const here = await asked(() => router.post('/v1/chat/completions', body));
      const there = await asked(() => theirs('/v1/chat/completions', body));
      assert.equal(there, here);
      assert.doesNotMatch(there, /OPENAI_API_KEY/);
    });

  it('a name that is not served here is not served there', async () => {
    for (const answer of [
      await router.post('/v1/chat/completions', { model: 'nobody', messages: [{ role: 'user', content: 'hi' }] }),
      await theirs('/v1/chat/completions', { model: 'nobody', messages: [{ role: 'user', content: 'hi' }] }),
    ])
      assert.ok([400, 404].includes(answer.status), String(answer.status));
  });

  it('its list has the names of ours, and those of no other provider', async () => {
    const names = async (answer: Response) => {
      const { data } = (await answer.json()) as { data: { id: string }[] };
      return data.map(({ id }) => id);
    };
    const there = await names(await theirs('/v1/models'));
    const here = (await names(await router.fetch('/v1/models'))).filter((name) => name !== 'demo/echo');
    assert.deepEqual(
      here.filter((name) => !there.includes(name)),
      [],
      there.join(' '),
    );
    // Claude's for a backend over Messages are told in the file.
    const foreign = there.filter((name) => !here.includes(name) && !name.includes('*') && !name.startsWith('claude/'));
    assert.deepEqual(foreign, []);
  });
});
