/** What may be counted on of the one way to providers, whatever undici does below it. */
import assert from 'node:assert/strict';
import type { UpstreamRequest } from '../../../src/upstream/send';
import { createTransport } from '../../../src/upstream/transport';
import { startUpstream, type Upstream } from '../../support/upstream';

describe('the transport', () => {
  let upstream: Upstream;
  before(async () => {
    upstream = await startUpstream((_request, response) => void response.end('here'));
  });
  after(() => upstream.stop());

  const get = (headers: Record<string, string> = {}): UpstreamRequest => ({
    ...{ method: 'GET', url: new URL(upstream.url), headers, connectMs: 10_000, local: true },
  });

  it('tells a request that cannot be sent at all only once whoever sent it can end it', async () => {
    const transport = createTransport({}, {});
    let returned = false;
    const error = await new Promise<Error>((resolve) => {
      transport.send(get({ expect: '100-continue' }), {
        onHead() {},
        onData() {},
        onEnd() {},
        onError(refused) {
          assert.ok(returned);
          resolve(refused);
        },
      });
      returned = true;
    });
    assert.match(error.message, /expect/);
    await transport.retire();
  });

  it('a request that began before the network settings changed may try once more', async () => {
    const transport = createTransport({}, {});
    const ask = () =>
      new Promise<string>((resolve, reject) => {
        let text = '';
        transport.send(get(), {
          onHead() {},
          onData: (chunk) => void (text += chunk.toString()),
          onEnd: () => resolve(text),
          onError: reject,
        });
      });
    assert.equal(await ask(), 'here');
    const retired = transport.retire();
    assert.equal(await ask(), 'here');
    await retired;
    await transport.retire();
  });
});
