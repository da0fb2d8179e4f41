import assert from 'node:assert/strict';
import { createNgrokLog } from '../../../src/tunnel/kinds/ngrok';

describe('log of ngrok', () => {
  const line = (record: object) => `${JSON.stringify(record)}\n`;
  const make = () => createNgrokLog('2secretTOKEN', () => 1_000);

  it('takes the URL only from the line that says it is up', () => {
    const log = make();
    assert.deepEqual(log.push(line({ lvl: 'info', msg: 'noise', url: 'https://a.ngrok-free.dev' })), []);
    assert.deepEqual(log.push(line({ lvl: 'info', msg: 'started tunnel', url: 'http://a.ngrok-free.dev' })), []);
    assert.deepEqual(
      log.push(
        line({ lvl: 'info', msg: 'started tunnel', addr: { Host: '127.0.0.1:1' }, url: 'https://a.ngrok-free.dev' }),
      ),
      [{ type: 'registered', publicUrl: 'https://a.ngrok-free.dev' }],
    );
    assert.deepEqual(log.push(line({ addr: '127.0.0.1:4041', lvl: 'info', msg: 'starting web service' })), [
      { type: 'api', port: 4_041 },
    ]);
  });

  it('an error with a code ends it, a lost session does not', () => {
    const log = make();
    assert.deepEqual(log.push(line({ err: '<nil>', lvl: 'info', msg: 'session closing' })), []);
    assert.deepEqual(log.push(line({ err: 'EOF', lvl: 'eror', msg: 'session closing' })), [{ type: 'lost' }]);
    for (const text of [
      line({
        err: 'failed to start tunnel: already online.\r\n\r\nERR_NGROK_334\r\n',
        lvl: 'crit',
        msg: 'command failed',
      }),
      'ERROR:  ERR_NGROK_334\n',
    ]) {
      const [event] = make().push(text);
      assert.ok(event?.type === 'failed');
      assert.match(event.problem.message, /ERR_NGROK_334/);
      assert.equal(event.problem.details.retryAt, 61_000);
    }
  });

  it('an unknown code is named with its page', () => {
    const [event] = make().push('ERROR:  ERR_NGROK_9999\n');
    assert.ok(event?.type === 'failed');
    assert.match(event.problem.message, /https:\/\/ngrok\.com\/docs\/errors\/err_ngrok_9999/);
  });

  it('what is kept for a person never holds the token', () => {
    const log = make();
    log.push(
      'ERROR:  The authtoken you specified is wrong.\nERROR:  Your authtoken: 2secretTOKEN\nERROR:  see 2secretTOKEN here\n',
    );
    log.push(line({ err: 'Your authtoken: 2other', lvl: 'eror', msg: 'failed' }));
    assert.deepEqual(log.lastLines(), ['The authtoken you specified is wrong.']);
  });
});
