import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';
import { systemCertificates } from '../../../src/editor/network';

const threads = createRequire(import.meta.url)('node:worker_threads') as Record<string, unknown>;
const api = tls as unknown as Record<string, unknown>;

describe('certificates of the system', () => {
  const before = { Worker: threads.Worker, read: api.getCACertificates };
  let here: number;
  function world(answer: (worker: EventEmitter) => void) {
    here = 0;
    api.getCACertificates = () => {
      here += 1;
      return ['company', tls.rootCertificates[0]];
    };
    threads.Worker = class extends EventEmitter {
      constructor() {
        super();
        queueMicrotask(() => {
          answer(this);
          // As each thread does; else the watch over it would still run when other tests do.
          this.emit('exit', 0);
        });
      }
    };
    syncBuiltinESMExports();
  }
  afterEach(() => {
    threads.Worker = before.Worker;
    api.getCACertificates = before.read;
    syncBuiltinESMExports();
  });

  it('are read beside the thread of the extensions, which would stand still for seconds', async () => {
    world((worker) => worker.emit('message', ['company', tls.rootCertificates[0]]));
    assert.deepEqual([await systemCertificates(), here], [['company'], 0]);
  });

  it('are read here where no thread can', async () => {
    world((worker) => worker.emit('error', new Error('no thread')));
    assert.deepEqual([await systemCertificates(), here], [['company'], 1]);
  });

  it('that do not come leave Node’s own', async () => {
    world((worker) => worker.emit('exit', 1));
    assert.deepEqual([await systemCertificates(), here], [[], 0]);
  });
});
