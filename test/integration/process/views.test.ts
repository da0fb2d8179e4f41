/** What the editor's views ask the router for, on the whole router. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';

const PROMPT = 'only the body log may hold this';
const body = { model: 'demo/echo', messages: [{ role: 'user', content: PROMPT }] };

describe('what the views ask for', () => {
  let router: TestRouter;
  before(async () => {
    router = await startRouter(
      { clientKeys: [{ name: 'phone', budget: { day: 5 }, enabled: false }] },
      { 'client:phone': 'sk-phone-0123456789' },
    );
  });
  after(() => router.stop());

  async function ask(fields: object = {}) {
    const done = router.nextRecord();
    const response = await router.post('/v1/chat/completions', { ...body, ...fields });
    await response.text();
    return await done;
  }

  it('tells the story of a request and a curl command, without prompt and key', async () => {
    const { id } = await ask();
    const { story, curl, model } = await router.core.requestStory({ id });
    assert.equal(model, body.model);
    assert.match(story, new RegExp(`# Request ${id}`));
    assert.ok(curl.includes(`${router.url}/v1/chat/completions`), curl);
    for (const text of [story, curl]) assert.ok(!text.includes(PROMPT) && !text.includes(CLIENT_KEY));
    await assert.rejects(router.core.requestStory({ id: 'req_unknown' }), /not among the newest/);
  });

  it('tells how the keys are', async () => {
    const states = await router.core.keyStates();
    assert.deepEqual(states.map((state) => state.name).sort(), ['main', 'phone']);
    const phone = states.find((state) => state.name === 'phone');
    assert.match(phone?.refused ?? '', /switched off/);
    assert.equal(phone?.windows.find((window) => window.window === 'day')?.budget, 5);
  });

  it('exports CSV, and says so when the file cannot be written', async () => {
    const file = path.join(router.dataDir, 'out.csv');
    const { requests: written } = await router.core.exportUsage({ from: '', to: '', file });
    assert.equal(readFileSync(file, 'utf8').trim().split('\r\n').length, written + 1);
    await assert.rejects(
      router.core.exportUsage({ from: '', to: '', file: path.join(router.dataDir, 'no/such/folder.csv') }),
      /cannot be written/,
    );
  });

  it('sums up usage as a page', async () => {
    assert.match(await router.core.usagePage({ by: 'model', from: '', to: '' }), /# Usage by model[\s\S]*Total/);
  });

  it('tells a running request when it begins and when it ends', async () => {
    const running = (count: number) =>
      new Promise<void>((resolve) => {
        const stop = router.core.onDidChange((state) => {
          if (state.running !== count) return;
          stop();
          resolve();
        });
      });
    const begun = running(1);
    const request = http.request(`${router.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json', 'content-length': 100 },
    });
    request.on('error', () => undefined);
    request.write('{');
    await begun;
    const ended = running(0);
    request.destroy();
    await ended;
  });

  it('logs bodies only while switched on: request, what went upstream, whole answers and streams', async () => {
    const file = path.join(router.dataDir, 'bodies.jsonl');
    await ask();
    await router.core.logBodies({ on: true });
    assert.equal(router.core.state.bodyLog?.file, file);
    const whole = await ask();
    const streamed = await ask({ stream: true });
    await new Promise<void>((resolve) => {
      const look = () => (lines(file).length >= 6 ? resolve() : void setTimeout(look, 10));
      look();
    });
    await router.core.logBodies({ on: false });
    assert.equal(router.core.state.bodyLog, undefined);
    await ask();
    const entries = lines(file);
    for (const { id } of [whole, streamed]) {
      const parts = new Map(entries.filter((entry) => entry.id === id).map((entry) => [entry.part, entry.text]));
      assert.deepEqual([...parts.keys()].sort(), ['answer', 'request', 'upstreamRequest']);
      assert.ok(parts.get('request')?.includes(PROMPT) && parts.get('upstreamRequest')?.includes(PROMPT));
      assert.match(
        parts.get('answer') ?? '',
        id === streamed.id ? /^data: [\s\S]*\[DONE\]/ : /"object":"chat.completion"/,
      );
    }
    assert.deepEqual(new Set(entries.map((entry) => entry.id)), new Set([whole.id, streamed.id]));
  });
});

function lines(file: string): { id: string; part: string; text: string }[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
