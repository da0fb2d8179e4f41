// The states of states.mjs that come from backends, settings, keys, port and files: while the tunnel is online.
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { until } from './server.mjs';
import { after, ask, backends, cursorGone, cursorHolds, killRouter, loop, ONLINE, online, run } from './stateWorld.mjs';

const LONG_NAME = 'a-backend-with-a-very-long-name-that-a-person-chose';
const longNamed = ({ providerUrl }) => ({ name: LONG_NAME, baseUrl: providerUrl });

export const BACKEND_CAUSES = [
  {
    name: 'keyMissing',
    shows: after('groq: needs a key'),
    cause: (world) => backends(world, { name: 'groq', preset: 'groq' }),
  },
  {
    name: 'keyRefused',
    shows: after('loop: key refused'),
    cause: async (world) => {
      await backends(world, loop(world), longNamed(world));
      Object.assign(world.provider, { status: 401, body: 'Incorrect API key provided: sk-up***********6789.' });
      await ask(world, 'loop/m');
    },
  },
  {
    name: 'longName',
    shows: after('a-backend-with'),
    cause: async (world) => {
      await backends(world, longNamed(world));
      Object.assign(world.provider, { status: 401, body: 'Incorrect API key provided.' });
      await ask(world, `${LONG_NAME}/m`);
    },
  },
  {
    name: 'backendFails',
    shows: after('loop: last request failed'),
    cause: async (world) => {
      await backends(world, loop(world));
      // A kind of failure that is not tried again at once.
      Object.assign(world.provider, { status: 402, body: 'Insufficient credits. Add more to go on.' });
      await ask(world, 'loop/m');
    },
  },
  {
    name: 'backendWaits',
    shows: after('loop: waits'),
    cause: async (world) => {
      Object.assign(world.provider, {
        status: 429,
        body: 'Rate limit reached for requests.',
        headers: { 'retry-after': '60' },
      });
      for (let n = 0; n < 3; n++) await ask(world, 'loop/m');
    },
    undo: async ({ provider }) => void Object.assign(provider, { status: 200, headers: {} }),
  },
  {
    name: 'promptCut',
    shows: after('loop: prompt cut'),
    cause: async (world) => {
      await backends(world, loop(world, { preset: 'ollama' }));
      world.provider.read = 2_048;
      await ask(world, 'loop/m', { content: 'Every word of this prompt is sent, few are read. '.repeat(1_000) });
    },
    undo: async ({ provider }) => void (provider.read = 5),
  },
  {
    name: 'creditLow',
    shows: after('loop: \\$0.37 left'),
    cause: async (world) => {
      world.provider.credits = { total_credits: 10, total_usage: 9.63 };
      await backends(
        world,
        loop(world, { preset: 'openrouter', models: [{ id: 'loop/m', price: { input: 1, output: 2 } }] }),
      );
      await ask(world, 'loop/m');
    },
    undo: async (world) => {
      world.provider.credits = undefined;
      await backends(world, loop(world));
      await ask(world, 'loop/m');
    },
  },
  {
    name: 'works',
    shows: ONLINE,
    cause: async (world) => {
      await backends(world, loop(world));
      Object.assign(world.provider, { status: 200 });
      await world.window.setting('aliases', { fast: 'loop/m', smart: 'loop/m' });
      await world.window.page.waitForTimeout(1_000);
      await ask(world, 'fast');
    },
  },
  {
    name: 'settings',
    shows: after('settings'),
    cause: (world) => backends(world, loop(world), { name: 'broken', baseUrl: 'nonsense' }, { name: 'also broken' }),
  },
  {
    name: 'manyTroubles',
    shows: after('settings'),
    cause: async (world) => {
      const { providerUrl, provider } = world;
      await cursorHolds(world, { key: 'sk-somebody-elses', on: false, models: ['gone'] });
      await backends(
        world,
        loop(world),
        { name: 'groq', preset: 'groq' },
        { name: 'xai', preset: 'xai' },
        { name: 'other', baseUrl: providerUrl },
      );
      Object.assign(provider, { status: 401, body: 'Incorrect API key provided.' });
      await ask(world, 'loop/m');
      await ask(world, 'other/m');
      await ask(world, 'demo/echo', { key: 'sk-typed-wrong' });
      await backends(world, { name: 'broken', baseUrl: 'nonsense' });
    },
    undo: async (world) => {
      world.provider.status = 200;
      await cursorGone(world);
      await backends(world, loop(world));
      await ask(world, 'fast');
      await online(world);
    },
  },
  {
    name: 'budget',
    shows: after('budget'),
    cause: async (world) => {
      const { window } = world;
      await backends(world, loop(world, { models: [{ id: 'loop/m', price: { input: 1000, output: 2000 } }] }));
      await window.command('LLM Router: New Client Key…');
      await window.answer('New Client Key: name', 'phone');
      await window.quickTitle('limits of phone').waitFor();
      await window.pick('Budget a day').click();
      await window.page.keyboard.press('Enter');
      await window.answer('budget a day of phone', '1000');
      await window.toast('The key phone is made and copied').waitFor({ timeout: 20_000 });
      const key = await window.clipboard(/^sk-/);
      await window.setting('clientKeys', [{ name: 'phone', budget: { day: 1_000, warnAt: 0.00001 } }]);
      await window.page.waitForTimeout(1_000);
      await ask(world, 'loop/m', { key });
    },
    undo: async ({ window }) => await window.setting('clientKeys', undefined),
  },
  {
    name: 'bodies',
    shows: /logs bodies/,
    cause: async (world) => {
      await run(world, 'logBodies');
      await world.window.modalButton('Log Bodies').click();
    },
    undo: async (world) => await run(world, 'logBodies'),
  },
  {
    name: 'port',
    shows: ONLINE,
    cause: async (world) => {
      world.taken = net.createServer().listen(0, '127.0.0.1');
      await once(world.taken, 'listening');
      await world.window.setting('port', world.taken.address().port);
      await world.window.page.waitForTimeout(2_000);
      await online(world);
    },
    undo: async (world) => {
      world.taken.close();
      await world.window.setting('port', 0);
      await world.window.page.waitForTimeout(2_000);
      await online(world);
    },
  },
  {
    name: 'portNotToBeHad',
    shows: ONLINE,
    cause: async (world) => {
      // The last there is: no other one after it.
      world.taken = net.createServer().listen(65_535, '127.0.0.1');
      await once(world.taken, 'listening');
      await world.window.setting('port', 65_535);
      await world.window.page.waitForTimeout(2_000);
    },
  },
  {
    name: 'startFailed',
    shows: after('not running'),
    cause: async (world) => {
      await run(world, 'stopRouter');
      await world.window.statusShows(after('stopped'));
      await run(world, 'startRouter');
    },
    undo: async (world) => {
      world.taken.close();
      await world.window.setting('port', 0);
      await world.window.page.waitForTimeout(1_000);
      await run(world, 'restartRouter');
      await online(world);
    },
  },
  {
    name: 'cameBack',
    shows: ONLINE,
    cause: async (world) => {
      await killRouter(world);
      await world.window.page.waitForTimeout(1_000);
      await online(world);
    },
  },
  {
    name: 'ledger',
    shows: after('usage is not recorded'),
    cause: async (world) => {
      // A file where the folder should be: nobody can write into it, root neither.
      const folder = path.join(world.editor.server.storage, 'ledger');
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
      await killRouter(world);
      await world.window.page.waitForTimeout(1_000);
      await until(async () => (await ask(world, 'demo/echo').catch(() => 0)) === 200, 'an answer', 60_000);
    },
    undo: async (world) => {
      rmSync(path.join(world.editor.server.storage, 'ledger'));
      await killRouter(world);
      await world.window.page.waitForTimeout(1_000);
      await online(world);
    },
  },
];
