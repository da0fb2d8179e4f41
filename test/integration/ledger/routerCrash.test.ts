/** kill -9 of the whole router while requests run: every request whose client saw its end has its record, exactly once. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { openLedger } from '../../../src/ledger/store';
import { startProgram, tempFolder } from '../../support/program';
import { chatCompletion, json, sse, startUpstream, type Upstream, wordStream } from '../../support/upstream';

/** 100 by `KILLS=100`: each costs the start of a process. */
const KILLS = Number(process.env.KILLS ?? 8);
const KEY = 'sk-crash-test-0123456789abcdef';

describe('the ledger of a router that is killed', function () {
  this.timeout(60_000 + KILLS * 5_000);
  let upstream: Upstream;
  let temp: ReturnType<typeof tempFolder>;
  before(async () => {
    upstream = await startUpstream();
    temp = tempFolder();
  });
  after(async () => {
    await upstream.stop();
    temp.remove();
  });

  it(`loses no record of a finished request and tears none, over ${KILLS} kills`, async () => {
    const dataDir = path.join(temp.folder, 'data');
    const seen: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      upstream.answers = [kill % 2 === 0 ? json(chatCompletion('whole')) : sse(...wordStream('a', 'b'))];
      const program = startProgram(
        ['--json', '--port', '0', '--tunnel', 'none', '--data-dir', dataDir, '--llmrouter-api-key', KEY],
        {
          cwd: temp.folder,
          env: { OPENAI_API_KEY: 'sk-up', OPENAI_BASE_URL: `${upstream.url}/v1` },
        },
      );
      const url = String((await program.event((event) => event.event === 'listening')).localUrl);
      let alive = true;
      void program.exited.then(() => (alive = false));
      const before = seen.length;
      const client = async () => {
        while (alive) {
          try {
            const response = await fetch(`${url}/chat/completions`, {
              method: 'POST',
              headers: { authorization: `Bearer ${KEY}` },
              body: JSON.stringify({
                model: 'openai/m',
                stream: kill % 2 === 1,
                messages: [{ role: 'user', content: 'x' }],
              }),
            });
            await response.text();
            assert.equal(response.status, 200);
            seen.push(response.headers.get('x-llm-router-request') ?? 'no id');
          } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
            return;
          }
        }
      };
      const clients = Promise.all(Array.from({ length: 8 }, client));
      // In the middle of it: after a number of answers that is another one each time, never after a time.
      while (seen.length < before + 20 + ((kill * 37) % 60)) await new Promise((resolve) => setImmediate(resolve));
      program.child.kill('SIGKILL');
      await clients;
      await program.exited;
    }
    const ledger = await openLedger({ dataDir, readOnly: true });
    const counted = new Map<string, number>();
    for await (const record of ledger.records({ from: '', to: '' })) {
      counted.set(record.id, (counted.get(record.id) ?? 0) + 1);
      assert.ok(record.time && record.askedModel === 'openai/m', JSON.stringify(record));
    }
    await ledger.close();
    assert.ok(seen.length >= KILLS * 20);
    assert.deepEqual(
      seen.filter((id) => counted.get(id) !== 1),
      [],
    );
  });
});
