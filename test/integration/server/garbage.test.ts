/** What a request held goes with it: nothing chains finished requests together until the next full collection of garbage. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { type Program, startProgram, tempFolder } from '../../support/program';
import { CLIENT_KEY } from '../../support/router';
import { chatCompletion, json, startUpstream, type Upstream } from '../../support/upstream';

const TOGETHER = 32;
const WARM_UP = 1_000;
const REQUESTS = 2_000;
/** Its record is kept for a while: about 2 KB. A whole exchange is over 16, hidden classes made anew 3. */
const MOST_KB = 4;

/** "Scavenge 44.0 (92.7) -> 36.6 (92.7) MB" and the like: megabytes of heap after each collection, full ones told apart. */
function collections(output: string): { full: boolean; after: number }[] {
  const lines = output.matchAll(/: (Scavenge|Mark-Compact)\b[^\n]*? [\d.]+ \([\d.]+\) -> ([\d.]+) \(/g);
  return [...lines].map(([, kind, after]) => ({ full: kind !== 'Scavenge', after: Number(after) }));
}

describe('what a request leaves behind', function () {
  this.timeout(120_000);
  let upstream: Upstream;
  let program: Program;
  const temp = tempFolder();
  before(async () => {
    upstream = await startUpstream(json(chatCompletion('hello')));
    const config = path.join(temp.folder, 'config.json');
    writeFileSync(config, JSON.stringify({ backends: [{ name: 'up', baseUrl: upstream.url }] }));
    const data = ['--data-dir', path.join(temp.folder, 'data'), '--llmrouter-api-key', CLIENT_KEY];
    program = startProgram(['--json', '--port', '0', '--tunnel', 'none', '--config', config, ...data], {
      cwd: temp.folder,
      runtime: ['--trace-gc'],
    });
  });
  after(async () => {
    program.child.kill();
    await program.exited;
    await upstream.stop();
    temp.remove();
  });

  it('is its record, already after collections of the young generation', async () => {
    const { localUrl } = (await program.event(({ event }) => event === 'listening')) as { localUrl: string };
    const agent = new http.Agent({ keepAlive: true, maxSockets: TOGETHER });
    const body = JSON.stringify({ model: 'up/m', messages: [{ role: 'user', content: 'x' }] });
    const headers = { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' };
    const ask = () =>
      new Promise<void>((resolve, reject) => {
        const request = http.request(`${localUrl}/chat/completions`, { method: 'POST', agent, headers }, (response) => {
          assert.equal(response.statusCode, 200);
          response.resume().on('end', resolve);
        });
        request.on('error', reject).end(body);
      });
    const load = async (count: number) => {
      let left = count;
      const client = async () => {
        while (left-- > 0) await ask();
      };
      await Promise.all(Array.from({ length: TOGETHER }, client));
    };
    await load(WARM_UP);
    const before = collections(program.stdout()).length;
    await load(REQUESTS);
    agent.destroy();
    const told = collections(program.stdout()).slice(Math.max(0, before - 1));
    const grown = told.reduce(
      (sum, one, at) => (at === 0 || one.full ? sum : sum + one.after - told[at - 1]!.after),
      0,
    );
    assert.ok(told.length > 5, `only ${told.length} collections`);
    const each = (grown * 1024) / REQUESTS;
    assert.ok(each < MOST_KB, `${each.toFixed(1)} KB of each request were kept`);
  });
});
