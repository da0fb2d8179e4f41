/** Another user of the machine took our port first and hands the question for the proof on to us: nobody believes it. */
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { doorOf, healthProofWith, newHealthNonce } from '../../../src/network/healthProof';
import { startRouter, type TestRouter } from '../../support/router';

describe('a thief of the port', () => {
  let router: TestRouter;
  let thief: http.Server;
  before(async () => {
    router = await startRouter({ backends: [] });
    thief = http.createServer(async (request, response) => {
      const answer = await fetch(`${router.url}${request.url}`);
      response.end(await answer.text());
    });
    await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    thief.close();
    thief.closeAllConnections();
    await router.stop();
  });

  async function believed(port: number): Promise<boolean> {
    const nonce = newHealthNonce();
    const answer = await fetch(`http://127.0.0.1:${port}/health?nonce=${nonce}`);
    const { hmac } = (await answer.json()) as { hmac?: string };
    return hmac === healthProofWith('test-secret')({ nonce, door: 'loopback', port });
  }

  it('passes on an answer that is not its own', async () => {
    assert.equal(await believed(router.port), true);
    assert.equal(await believed((thief.address() as AddressInfo).port), false);
  });

  it('every spelling of this machine is one door, a public name another', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '[::1]', '::1'])
      assert.equal(doorOf(host), 'loopback', host);
    for (const host of ['a.trycloudflare.com', 'localhost.evil', '127.0.0.1.evil'])
      assert.equal(doorOf(host), host.toLowerCase());
  });
});
