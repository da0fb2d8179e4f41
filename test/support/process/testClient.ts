/**
 * One or more windows (TEST_WINDOWS) as a process of their own, without an editor: they attach, push settings, report each state on
 * a line and end with their stdin.
 */
import { createInterface } from 'node:readline';
import { connectRouter } from '../../../src/process/client';
import type { ConfigPush } from '../../../src/process/contract';
import { nodeSpawner } from '../../../src/process/spawnRouter';

const [dataDir, router, name] = process.argv.slice(2) as [string, string, string];
const count = Number(process.env.TEST_WINDOWS ?? 1);
const spawn = nodeSpawner(process.execPath, router);
const pushes: ((settings: ConfigPush) => void)[] = [];
for (let window = 0; window < count; window++) {
  const say = (event: object): void => void process.stdout.write(`${JSON.stringify({ window, ...event })}\n`);
  const client = connectRouter({
    dataDir,
    version: process.env.TEST_VERSION ?? '1.0.0',
    spawn: (request) => {
      const started = spawn(request);
      say({ spawned: started.pid });
      return started;
    },
    window: `${name}.${window}`,
    autoStart: () => true,
    startTimeout: 20_000,
  });
  client.onClientState((state) => say({ client: state }));
  client.onState((state) =>
    say({ state: state === undefined ? null : { phase: state.phase, pid: state.pid, port: state.port } }),
  );
  pushes.push((settings) => void client.pushConfig(settings).catch((error: Error) => say({ error: error.message })));
}
const push = (settings: ConfigPush): void => {
  for (const send of pushes) send(settings);
};
// Settings with keys come over stdin, one push a line: the environment of a window is that of the router it starts.
if (process.env.TEST_PUSHES === undefined) {
  const changedAt = Number(process.env.TEST_CHANGED_AT ?? 1);
  push({ settings: { lingerSeconds: 1 }, secrets: {}, network: {}, changedAt });
}
createInterface({ input: process.stdin })
  .on('line', (line) => push(JSON.parse(line) as ConfigPush))
  .on('close', () => process.exit(0));
