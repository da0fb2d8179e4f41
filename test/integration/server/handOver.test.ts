/** Connections that clients keep, when the router lets go of its port: nothing that is on its way on them is lost. */
import assert from 'node:assert/strict';
import http from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Listener, listen } from '../../../src/server/listener';
import { CLIENT_KEY, startRouter, type TestRouter } from '../../support/router';

/** One connection that a client keeps. */
function keptConnection(port: number) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return {
    post: (body: object, path = '/v1/chat/completions') =>
      new Promise<http.IncomingMessage>((resolve, reject) => {
        const headers = { authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json' };
        const request = http.request({ port, host: '127.0.0.1', method: 'POST', path, agent, headers }, (response) => {
          response.resume();
          response.on('end', () => resolve(response));
        });
        request.on('error', reject);
        request.end(JSON.stringify(body));
      }),
    end: () => agent.destroy(),
  };
}
const ECHO = { model: 'demo/echo', messages: [{ role: 'user', content: 'hi' }] };

describe('a listener that is closed', () => {
  let listener: Listener;
  const open = async (lingerMs: number) => {
    listener = await listen((_, response) => response.end('answer'), {
      ...{ host: '127.0.0.1', port: 0, exactPort: false, maxConnections: 10, lingerMs },
    });
    return keptConnection(listener.port);
  };

  it('goes on over a connection that a client keeps, then answers what is on its way on it and ends it behind the answer', async () => {
    const client = await open(60_000);
    await client.post({});
    listener.close();
    const during = await client.post({});
    assert.deepEqual([during.statusCode, during.headers.connection], [200, 'keep-alive']);
    listener.endIdle();
    const last = await client.post({});
    assert.deepEqual([last.statusCode, last.headers.connection], [200, 'close']);
    await listener.drained(60_000);
    client.end();
  });

  it('ends a connection on which nothing comes', async () => {
    const client = await open(1);
    await client.post({});
    listener.close();
    await listener.drained(60_000);
    client.end();
  });

  it('is gone from memory with all that answered on it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    async function closed(): Promise<WeakRef<object>> {
      const handler = () => undefined;
      const one = await listen(handler, {
        ...{ host: '127.0.0.1', port: 0, exactPort: false, maxConnections: 10, lingerMs: 1 },
      });
      one.close();
      await one.drained(60_000);
      return new WeakRef(handler);
    }
    const handlers = [await closed(), await closed(), await closed()];
    // What it waits for a moment ends by itself; the last of a kind stays in a register at times.
    for (let turns = 0; turns < 500 && handlers.filter((one) => one.deref()).length > 1; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    assert.ok(handlers.filter((one) => one.deref()).length <= 1);
  });
});

describe('a router that hands over', () => {
  let router: TestRouter;
  before(async () => {
    router = await startRouter({ backends: [] });
  });
  after(() => router.stop());

  it('serves what clients have sent on the connections they keep', async () => {
    const client = keptConnection(router.port);
    await client.post(ECHO);
    const stopping = router.core.stop({ drainMs: 60_000, keepTunnel: true });
    assert.equal(router.core.state.phase, 'draining');
    assert.equal((await client.post(ECHO)).statusCode, 200);
    await stopping;
    client.end();
  });
});
