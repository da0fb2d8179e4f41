/** The whole router in this process, as the product builds it: real sockets, loopback, no tunnel. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { RequestRecord } from '../../src/ledger/record';
import type { RouterCore } from '../../src/process/core';
import { createRouterCore } from '../../src/router/routerCore';
import type { ServerTimes } from '../../src/server/runtime';
import { validateSettings } from '../../src/settings/check';
import type { SettingsInput } from '../../src/settings/schema';

export const CLIENT_KEY = 'sk-test-client-key-0123456789abcdef';

export interface TestRouter {
  core: RouterCore;
  url: string;
  port: number;
  log: string[];
  records: RequestRecord[];
  dataDir: string;
  /** Resolves with the next finished request. */
  nextRecord(): Promise<RequestRecord>;
  configure(settings: SettingsInput, secrets?: Record<string, string>): Promise<void>;
  /** fetch with the client key; `path` behind the origin. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

export async function startRouter(
  settings: SettingsInput,
  secrets: Record<string, string> = {},
  env: Record<string, string> = {},
  times: Partial<ServerTimes> = {},
): Promise<TestRouter> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-test-'));
  const log: string[] = [];
  const records: RequestRecord[] = [];
  const waiting: ((record: RequestRecord) => void)[] = [];
  const core = await createRouterCore({
    dataDir,
    secret: 'test-secret',
    env,
    host: '127.0.0.1',
    exactPort: false,
    mayInstall: false,
    // Strict providers of tests are not asked what is left unless the test wants that.
    times: { creditMs: 3_600_000, ...times },
    log: (level, line) => log.push(`${level} ${line}`),
  });
  core.onRequest((record) => {
    records.push(record);
    waiting.shift()?.(record);
  });
  const router: TestRouter = {
    core,
    url: '',
    port: 0,
    log,
    records,
    dataDir,
    nextRecord: () => new Promise((resolve) => waiting.push(resolve)),
    async configure(next, nextSecrets = secrets) {
      const checked = validateSettings({ port: 0, tunnel: { provider: 'none' }, ...next });
      if (!checked.settings)
        throw new Error(checked.problems.map((problem) => `${problem.path}: ${problem.message}`).join('; '));
      await core.configure({
        settings: checked.settings,
        secrets: { 'client:main': CLIENT_KEY, ...nextSecrets },
        network: {},
        problems: checked.problems,
      });
    },
    fetch: (where, init = {}) =>
      fetch(`${router.url}${where}`, { ...init, headers: { authorization: `Bearer ${CLIENT_KEY}`, ...init.headers } }),
    post: (where, body, headers = {}) =>
      router.fetch(where, {
        method: 'POST',
        body: typeof body === 'string' || Buffer.isBuffer(body) ? (body as string) : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    async stop() {
      await core.stop({ drainMs: 100 });
      await core.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await router.configure(settings);
  await core.start();
  router.port = core.state.port!;
  router.url = `http://127.0.0.1:${router.port}`;
  return router;
}
