import { readFileSync, writeFileSync } from 'node:fs';
import { routersOf } from './processes.mjs';
import { until } from './server.mjs';
import { BACKEND_CAUSES } from './stateBackends.mjs';
import {
  after,
  ask,
  cloudflared,
  copyUrl,
  cursorGone,
  cursorHolds,
  killRouter,
  newUrl,
  ONLINE,
  online,
  program,
  run,
} from './stateWorld.mjs';

const cursorState = (name, short, holds) => ({
  name,
  shows: short ? after(short) : ONLINE,
  cause: (world) => cursorHolds(world, holds),
});

/** A machine with much else to do is slower than the patience of the first start. */
async function started(world) {
  const { window } = world;
  for (let attempt = 0; attempt < 5; attempt++) {
    if (!/not running/.test(await window.statusShows(/not running|local only|LLM Router\s*$/))) return;
    await run(world, 'restartRouter');
    await window.statusShows(/starting|local only|LLM Router\s*$/);
  }
}

export const CAUSES = [
  {
    name: 'noTunnelProgram',
    shows: after('local only'),
    cause: started,
  },
  {
    name: 'wrongTunnelProgram',
    shows: after('local only'),
    cause: async ({ window }) => {
      await window.setting('tunnel.binary', '/opt/tools/cloudflared-that-is-not-there');
      await window.page.waitForTimeout(1_500);
    },
    undo: async ({ window }) => await window.setting('tunnel.binary', undefined),
  },
  {
    name: 'localOnly',
    shows: after('local only'),
    cause: async ({ window }) => {
      await window.setting('tunnel.provider', 'none');
      await window.page.waitForTimeout(1_500);
    },
    undo: async ({ window }) => await window.setting('tunnel.provider', undefined),
  },
  {
    name: 'downloading',
    shows: after('local only'),
    cause: async (world) => {
      world.pace.ms = 700;
      await world.window.page.waitForTimeout(1_500);
      await run(world, 'installCloudflared');
      await world.window.toast('Installing cloudflared').waitFor({ timeout: 30_000 });
    },
    undo: async (world) => {
      world.pace.ms = 0;
      await online(world);
    },
  },
  {
    name: 'online',
    shows: ONLINE,
    cause: async (world) => {
      const { window, kept, pace } = world;
      pace.ms = 0;
      await started(world);
      if (!ONLINE.test((await window.status.textContent()) ?? '')) await run(world, 'installCloudflared');
      await online(world);
      await copyUrl(world);
      kept.key = await window.copied('llmRouter.copyApiKey', /^sk-/);
    },
  },
  {
    name: 'requesting',
    shows: after('connecting'),
    cause: async (world) => {
      const { cloud } = world;
      cloud.internet.site('api.trycloudflare.com', (request, response) => {
        setTimeout(() => cloud.edge.quickService(request, response), 30_000);
      });
      await newUrl(world);
    },
    undo: async (world) => {
      world.cloud.internet.site('api.trycloudflare.com', world.cloud.edge.quickService);
      await online(world);
    },
  },
  {
    name: 'connecting',
    shows: after('connecting'),
    cause: async (world) => {
      world.cloud.behave({ slowStartMs: 100_000 });
      await newUrl(world);
      await until(() => cloudflared(world).length > 0, 'cloudflared');
      await world.window.page.waitForTimeout(500);
    },
    undo: async (world) => {
      world.cloud.behave({});
      await online(world);
    },
  },
  {
    name: 'verifying',
    shows: after('checking'),
    cause: async (world) => {
      world.cloud.dns(() => 'no');
      await newUrl(world);
    },
    undo: async (world) => {
      world.cloud.dns(undefined);
      await online(world);
      await copyUrl(world);
    },
  },
  {
    name: 'reconnecting',
    shows: after('reconnecting'),
    cause: async (world) => {
      world.cloud.behave({ slowStartMs: 100_000 });
      for (const pid of cloudflared(world)) process.kill(pid, 'SIGKILL');
    },
    undo: async (world) => {
      world.cloud.behave({});
      await online(world);
    },
  },
  {
    name: 'degraded',
    shows: after('tunnel disturbed'),
    cause: async (world) => {
      world.cloud.internet.site('*.trycloudflare.com', (request, response) => {
        request.resume();
        response.writeHead(429, { 'content-type': 'text/plain' }).end('error code: 1015');
      });
      // The probe of a tunnel that works comes once a minute.
      await world.window.statusShows(after('tunnel disturbed'), 90_000);
    },
    undo: async (world) => {
      world.cloud.internet.site('*.trycloudflare.com', world.cloud.edge.visit);
      await online(world);
    },
  },
  {
    name: 'noBackendAsked',
    shows: ONLINE,
    cause: (world) => ask(world, 'demo/echo'),
  },
  cursorState('overrideOff', "Cursor's override is off", { url: null }),
  cursorState('otherUrl', 'Cursor uses another URL', { url: 'https://four-other-words.trycloudflare.com/v1' }),
  cursorState('noKey', 'Cursor has no key', { key: '', models: ['demo/echo'] }),
  cursorState('wrongKey', 'Cursor has a wrong key', { key: 'sk-somebody-elses', models: ['demo/echo'] }),
  cursorState('switchedOff', "Cursor's key is off", { on: false, models: ['demo/echo'] }),
  {
    name: 'ownModels',
    shows: after("Cursor's own models"),
    cause: (world) => run(world, 'useOwnModels'),
    undo: async (world) => await cursorHolds(world, { models: ['demo/echo'] }),
  },
  {
    name: 'cursorFits',
    shows: ONLINE,
    cause: (world) => online(world),
  },
  cursorState('unserved', undefined, {
    models: ['demo/echo', 'gone-model', 'an-old-alias', 'gpt-of-somebody/very-long-name'],
  }),
  {
    name: 'cursorGone',
    shows: ONLINE,
    cause: (world) => cursorGone(world),
  },
  {
    name: 'oldUrl',
    shows: after('Cursor uses an old URL'),
    // A person's wish: without one few tunnels are asked for.
    cause: newUrl,
    undo: async (world) => {
      await copyUrl(world);
      await ask(world, 'demo/echo');
      await online(world);
    },
  },
  {
    name: 'callRefused',
    shows: after('wrong key refused'),
    cause: async (world) => {
      for (let n = 0; n < 3; n++) await ask(world, 'demo/echo', { key: 'sk-typed-wrong' });
    },
    undo: async (world) => {
      await ask(world, 'demo/echo');
      await online(world);
    },
  },
  ...BACKEND_CAUSES,
  {
    name: 'rateLimited',
    shows: after('tunnel waits'),
    cause: async (world) => {
      world.cloud.edge.habits.quickService = { status: 429, body: 'error code: 1015' };
      await newUrl(world);
    },
  },
  {
    name: 'tunnelFails',
    shows: after('tunnel failed'),
    cause: async ({ window }) => {
      await window.setting('tunnel.provider', 'ngrok');
      await window.page.waitForTimeout(1_000);
    },
  },
  {
    name: 'tailscaleFails',
    shows: after('tunnel failed'),
    cause: async ({ window }) => {
      await window.setting('tunnel.provider', 'tailscale');
      await window.page.waitForTimeout(1_500);
    },
  },
  {
    name: 'blocked',
    shows: after('tunnel blocked'),
    cause: async (world) => {
      world.cloud.edge.habits.quickService = undefined;
      world.cloud.behave({ hang: true });
      await world.window.setting('tunnel.provider', undefined);
      await world.window.page.waitForTimeout(2_000);
      await newUrl(world);
    },
    undo: async (world) => {
      world.cloud.behave({});
      await run(world, 'restartRouter');
      await world.window.statusShows(after('Cursor uses an old URL'), 90_000);
      await copyUrl(world);
      await ask(world, 'demo/echo');
      await online(world);
    },
  },
  {
    name: 'stopped',
    shows: after('stopped'),
    cause: (world) => run(world, 'stopRouter'),
  },
  {
    name: 'starting',
    shows: after('starting'),
    cause: async (world) => {
      await killRouter(world);
      world.program = readFileSync(program(world));
      // A program that never says that it is there.
      writeFileSync(program(world), 'setTimeout(() => {}, 600_000);');
      await run(world, 'startRouter');
    },
  },
  {
    name: 'notRunning',
    shows: after('not running'),
    cause: async (world) => {
      await world.window.statusShows(after('not running'), 120_000);
    },
    undo: async (world) => {
      writeFileSync(program(world), world.program);
      for (const pid of routersOf(world.editor.server)) process.kill(pid, 'SIGKILL');
      await run(world, 'restartRouter');
      await online(world);
    },
  },
  {
    name: 'keyLost',
    shows: after('API key lost'),
    cause: async ({ window }) => {
      await window.page.evaluate(() => localStorage.removeItem('secrets.provider'));
      await window.page.reload();
    },
  },
  {
    name: 'noKeys',
    shows: after('no access to keys'),
    cause: async ({ window }) => {
      // The keyring of this editor is the browser's storage.
      await window.page.addInitScript(() => {
        const { getItem } = Storage.prototype;
        Storage.prototype.getItem = function (name) {
          if (name === 'secrets.provider') throw new Error('The keyring is locked');
          return getItem.call(this, name);
        };
      });
      await window.page.reload();
    },
  },
];
