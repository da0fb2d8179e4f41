/** One router with a strict provider behind each wire, and how a client is played through a situation on it. */
import assert from 'node:assert/strict';
import { OTHER_TOOLS } from '../../src/editor/otherTools';
import { WIRES, type Wire } from '../../src/wires/wire';
import { tempFolder } from '../support/program';
import { startRouter, type TestRouter } from '../support/router';
import { TRIO } from '../support/strictTrio';
import { type Model, startModel } from './model';
import { checkOf, SITUATIONS, type Situation, type Told, type Tools } from './situations';

export interface Run {
  /** The lines of Use in Another Tool…, as they are pasted. */
  lines: string;
  model: string;
  /** Empty, and gone afterwards. */
  folder: string;
  /** Whether the situation has an MCP server. */
  server: boolean;
}
export interface Client {
  title: string;
  /** Of OTHER_TOOLS. */
  tool: string;
  servers: boolean;
  tools: Tools;
  run(run: Run): Promise<Told>;
}

/** Claude Code takes a name that it does not know for the newest model, and so asks. */
const MODELS: Record<Wire, string> = {
  chat: TRIO.chat.model,
  responses: TRIO.responses.model,
  messages: 'claude-opus-5',
};
const KEYS = { right: 'sk-of-a-real-client-0123456789', spent: 'sk-of-a-spent-client-0123456789' };

interface Bench {
  model: Model;
  router: TestRouter;
  stop(): Promise<void>;
}

async function startBench(): Promise<Bench> {
  const model = await startModel();
  const router = await startRouter(
    {
      backends: WIRES.map((wire) => ({
        name: wire,
        preset: TRIO[wire].preset,
        wire,
        baseUrl: `${model.upstream.url}/${wire}`,
      })),
      aliases: Object.fromEntries(WIRES.map((wire) => [`helper-${wire}`, `${wire}/${MODELS[wire]}`])),
      clientKeys: [{ name: 'client' }, { name: 'spent', budget: { day: 0.01 } }],
      retry: { attempts: 1 },
    },
    {
      ...Object.fromEntries(WIRES.map((wire) => [wire, 'sk-provider'])),
      'client:client': KEYS.right,
      'client:spent': KEYS.spent,
    },
  );
  return {
    model,
    router,
    async stop() {
      await router.stop();
      await model.stop();
    },
  };
}

/** The tests of these clients: every wire, every situation. */
export function playAll(clients: readonly Client[], missing?: (client: Client) => string | undefined): void {
  let bench: Bench;
  before(async () => {
    bench = await startBench();
    // Spent honestly: answers that cost more than the budget holds.
    const ask = { model: `chat/${MODELS.chat}`, max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
    const headers = { authorization: `Bearer ${KEYS.spent}` };
    while ((await bench.router.post('/v1/chat/completions', ask, headers)).status === 200);
  });
  after(() => bench.stop());
  for (const client of clients)
    for (const wire of WIRES)
      describe(`${client.title}, a ${wire} backend`, () => {
        for (const situation of SITUATIONS.filter(({ server }) => !server || client.servers))
          it(situation.title, async function () {
            const why = missing?.(client);
            if (why) {
              console.log(why);
              return this.skip();
            }
            await play(bench, client, wire, situation);
          });
      });
}

async function play({ model, router }: Bench, client: Client, wire: Wire, situation: Situation): Promise<void> {
  const { folder, remove } = tempFolder();
  model.reset(situation.script(client.tools, folder));
  router.records.length = 0;
  const name = situation.name === 'alias' ? `helper-${wire}` : `${wire}/${MODELS[wire]}`;
  const key = situation.key === 'wrong' ? 'sk-nobody-knows-this-one' : KEYS[situation.key ?? 'right'];
  const tool = OTHER_TOOLS.find(({ id }) => id === client.tool)!;
  const lines = tool.lines({ origin: router.url, key, model: name, shell: 'posix' });
  try {
    const told = await client.run({ lines, model: name, folder, server: situation.server === true });
    assert.deepEqual(model.refused, []);
    checkOf(situation)({ wire, told, model, folder });
    await sameUsage(model, router, told);
  } finally {
    remove();
  }
}

/** What the provider counted is what the ledger holds, and what the client told. */
async function sameUsage(model: Model, router: TestRouter, told: Told): Promise<void> {
  const posts = model.upstream.seen.filter(({ method }) => method === 'POST').length;
  while (router.records.filter(({ backend }) => backend !== undefined).length < posts) await router.nextRecord();
  const whole = router.records.filter(({ status, error }) => status === 200 && error === undefined);
  const sum = (pick: 'input' | 'output') => whole.reduce((all, { usage }) => all + (usage?.[pick] ?? 0), 0);
  const { turns, all, requests } = model.used;
  assert.deepEqual(
    { requests: whole.length, input: sum('input'), output: sum('output') },
    { requests, input: all.input, output: all.output },
    'the ledger and the provider',
  );
  if (told.ok && told.usage)
    assert.deepEqual(told.usage, { input: turns.input, output: turns.output }, 'the client and the provider');
}
