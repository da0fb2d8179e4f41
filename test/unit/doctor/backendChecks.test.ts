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
});
