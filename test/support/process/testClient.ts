/** A window as a process of its own, without an editor: attaches, pushes settings, reports each state on a line, ends with its stdin. */
import { createInterface } from 'node:readline';
import { connectRouter } from '../../../src/process/client';
import type { ConfigPush } from '../../../src/process/contract';
import { nodeSpawner } from '../../../src/process/spawnRouter';

const [dataDir, router, name] = process.argv.slice(2) as [string, string, string];
const say = (event: unknown): void => void process.stdout.write(`${JSON.stringify(event)}\n`);
const spawn = nodeSpawner(process.execPath, router);
const client = connectRouter({
  dataDir,
  version: process.env.TEST_VERSION ?? '1.0.0',
  spawn: (request) => {
    const started = spawn(request);
    say({ spawned: started.pid });
    return started;
  },
  window: name,
  autoStart: () => true,
  startTimeout: 20_000,
});
client.onClientState((client) => say({ client }));
client.onState((state) =>
  say({ state: state === undefined ? null : { phase: state.phase, pid: state.pid, port: state.port } }),
);
const push = (settings: ConfigPush): void =>
  void client.pushConfig(settings).catch((error: Error) => say({ error: error.message }));
// Settings with keys come over stdin, one push a line: the environment of a window is that of the router it starts.
if (process.env.TEST_PUSHES === undefined) {
  const changedAt = Number(process.env.TEST_CHANGED_AT ?? 1);
  push({ settings: { lingerSeconds: 1 }, secrets: {}, network: {}, changedAt });
}
createInterface({ input: process.stdin })
  .on('line', (line) => push(JSON.parse(line) as ConfigPush))
  .on('close', () => process.exit(0));
