import assert from 'node:assert/strict';
import { backendCheck } from '../../../src/doctor/backendChecks';
import type { DoctorFacts } from '../../../src/doctor/facts';
import { buildBackends } from '../../../src/routing/build';
import { settingsSchema } from '../../../src/settings/schema';
import type { Send } from '../../../src/upstream/send';

describe('doctor: a backend', () => {
  it('asked for credit, a provider that is slow then costs the credit only: its key was accepted in time', async () => {
    const asked: string[] = [];
    let now = 0;
    const send: Send = ({ url }, { onHead, onData, onEnd, onError }) => {
      const route = url.pathname.replace('/api/v1/', '');
      asked.push(route);
      if (route === 'credits') return { abort: () => onError(new Error('aborted')), pause() {}, resume() {} };
      now += 3_700;
      setImmediate(() => {
        onHead(200, {});
        onData(Buffer.from(route === 'models' ? '{"data":[{"id":"m"}]}' : '{"data":{}}'));
        onEnd();
      });
      return { abort() {}, pause() {}, resume() {} };
    };
    const [backend] = buildBackends(settingsSchema.parse({ backends: [{ name: 'or', preset: 'openrouter' }] }));
    const facts = { keyFor: () => 'sk-or', send, now: () => now, tunnel: { network: { proxyFor: () => undefined } } };
    const check = backendCheck(backend!, facts as unknown as DoctorFacts, new Map());
    const finding = await check.look(new AbortController().signal);
    assert.equal(finding.state, 'ok');
    assert.match(finding.why, /lists 1 model, key accepted \(.*\)\.$/);
    assert.deepEqual(asked, ['models', 'key', 'credits']);
  });

  /** What is found of a backend whose list is answered so. */
  async function look(input: object, { status = 404, key }: { status?: number; key?: string } = {}) {
    let sent = 0;
    const send: Send = (_request, { onHead, onData, onEnd }) => {
      sent += 1;
      setImmediate(() => {
        onHead(status, {});
        onData(Buffer.from('{"data":[{"id":"m"}]}'));
        onEnd();
      });
      return { abort() {}, pause() {}, resume() {} };
    };
    const [backend] = buildBackends(settingsSchema.parse({ backends: [{ name: 'b', ...input }] }));
    const tunnel = { network: { proxyFor: () => 'proxy:1' } };
    const facts = { keyFor: () => key, send, now: () => 0, tunnel };
    const check = backendCheck(backend!, facts as unknown as DoctorFacts, new Map());
    const { state, why } = await check.look(new AbortController().signal);
    return { state, why, sent };
  }
  const baseUrl = 'https://x.example/v1';
  it('a key that no header can hold is told, and nothing is sent', async () => {
    const { state, sent } = await look({ baseUrl }, { key: 'sk-…' });
    assert.deepEqual([state, sent], ['failed', 0]);
  });
  it('one without a list is well where models are configured, else a warning', async () => {
    assert.equal((await look({ baseUrl, models: [{ id: 'm' }] })).state, 'ok');
    assert.equal((await look({ baseUrl })).state, 'warning');
  });
  it('one on this machine is reached through no proxy', async () => {
    assert.match((await look({ baseUrl }, { status: 200 })).why, /proxy:1/);
    assert.doesNotMatch((await look({ baseUrl: 'http://127.0.0.1:9/v1' }, { status: 200 })).why, /proxy:1/);
  });
});
