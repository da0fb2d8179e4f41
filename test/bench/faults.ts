/**
 * `npm run bench -- faults [WORD …]`: the built headless router and a made-up cloudflared on a made-up edge, broken on purpose.
 * Prints a table per fault: when it was told, when the public URL answered again, what a running answer lost, whether the URL
 * stayed, and the words. Real waits, so it takes some minutes.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../src/system/processes';
import { openStateFile } from '../../src/tunnel/stateFile';
import { type FakeCloud, startFakeCloud } from '../support/fakeCloudflared';
import { type Program, startProgram, tempFolder } from '../support/program';
import { quietPort } from '../support/quietPort';
import { chunk, DONE, startUpstream, type Upstream } from '../support/upstream';
import { type Answer, ask, KEY, lookOn, now } from './outside';

/** One answer: so many pieces of content, one each so many milliseconds. */
const PIECES = 60;
const PIECE = 'x'.repeat(100);
const PIECE_MS = 100;

interface Lab {
  cloud: FakeCloud;
  dataDir: string;
  router: Program;
  start(): void;
  program(): number;
  host: string;
  port: number;
}

interface Fault {
  name: string;
  /** Breaks something; resolves when it is mended, where that is not the router's business, with what is to be said of it. */
  run(lab: Lab): Promise<string | undefined>;
  /** Nobody is there who could tell. */
  dead?: true;
  /** Nothing is broken for who asks from outside. */
  unbroken?: true;
  /** The router is not started before. */
  atStart?: true;
  /** A file system of its own, which can be full. */
  smallDisk?: true;
}

const FAULTS: Fault[] = [
  {
    name: 'cloudflared killed',
    async run(lab) {
      kill(lab.program());
      return undefined;
    },
  },
  {
    name: 'edge and network lost for 20 s',
    async run({ cloud }) {
      cloud.internet.offline = true;
      const end = now() + 20_000;
      while (now() < end) {
        cloud.edge.drop();
        await sleep(50);
      }
      cloud.internet.offline = false;
      return undefined;
    },
  },
  {
    name: 'no network and no DNS at the start, for 20 s',
    atStart: true,
    async run({ cloud, start }) {
      cloud.internet.offline = true;
      cloud.dns(() => 'broken');
      start();
      await sleep(20_000);
      cloud.internet.offline = false;
      cloud.dns(undefined);
      return undefined;
    },
  },
  {
    name: 'disk full when cloudflared dies, for 10 s',
    smallDisk: true,
    async run(lab) {
      const filler = path.join(lab.dataDir, 'filler');
      fill(filler);
      kill(lab.program());
      await sleep(10_000);
      rmSync(filler);
      return undefined;
    },
  },
  {
    name: 'router killed (kill -9), started again after 5 s',
    dead: true,
    async run({ router, start }) {
      router.child.kill('SIGKILL');
      await sleep(5_000);
      start();
      return undefined;
    },
  },
  {
    name: 'SIGTERM while an answer runs',
    unbroken: true,
    async run({ router }) {
      const asked = now();
      router.child.kill('SIGTERM');
      return `ends with ${await router.exited} after ${seconds(now() - asked)} s`;
    },
  },
  {
    name: 'tunnel forgotten by the service (URL refused)',
    async run({ cloud, host }) {
      cloud.edge.forget(host);
      cloud.edge.drop();
      return undefined;
    },
  },
  {
    name: 'cloudflared.log deleted, router killed and started',
    dead: true,
    async run({ router, dataDir, start }) {
      rmSync(path.join(dataDir, 'tunnel/cloudflared.log'));
      router.child.kill('SIGKILL');
      await router.exited;
      start();
      return undefined;
    },
  },
  {
    name: 'router killed, its port taken by a stranger, started after 5 s',
    dead: true,
    async run({ router, port, start }) {
      router.child.kill('SIGKILL');
      await router.exited;
      let asked = 0;
      const stranger = net.createServer((socket) => {
        asked += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
      await sleep(5_000);
      start();
      return `the stranger got ${asked} requests`;
    },
  },
  {
    name: 'program deleted, cloudflared killed, put back after 10 s',
    async run(lab) {
      const { binPath } = lab.cloud;
      renameSync(binPath, `${binPath}.away`);
      kill(lab.program());
      await sleep(10_000);
      renameSync(`${binPath}.away`, binPath);
      return undefined;
    },
  },
  {
    name: 'second router on the same data directory',
    unbroken: true,
    async run({ cloud, dataDir }) {
      const second = startProgram(['--data-dir', dataDir], { cwd: path.dirname(dataDir), env: cloud.env });
      const code = await second.exited;
      return `the second ends with ${code}: ${second.stderr().trim()}`;
    },
  },
];

const kill = (pid: number) => process.kill(pid, 'SIGKILL');

function fill(file: string): void {
  try {
    writeFileSync(file, Buffer.alloc(64 * 1024 * 1024));
  } catch {
    // Full now, which was the wish.
  }
}

interface Row {
  told: string;
  back: string;
  lost: string;
  url: string;
  words: string[];
}

/** An event of the router, and when it came. */
interface Moment {
  at: number;
  state: string;
  url?: string;
  message?: string;
}

async function measure(fault: Fault, upstream: Upstream): Promise<Row> {
  const cloud = await startFakeCloud();
  const temp = tempFolder();
  const dataDir = path.join(temp.folder, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  if (fault.smallDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', dataDir]);
  const port = await quietPort();
  const backends = [{ name: 'lab', baseUrl: `${upstream.url}/v1` }];
  writeFileSync(path.join(temp.folder, 'llm-router.json'), JSON.stringify({ port, backends }));
  const moments: Moment[] = [];
  const programs: Program[] = [];
  const lab: Lab = {
    cloud,
    dataDir,
    port,
    host: '',
    router: undefined as never,
    program: () => openStateFile(dataDir).value.running!.pid,
    start() {
      const router = startProgram(['--json', '--data-dir', dataDir], {
        cwd: temp.folder,
        env: { ...cloud.env, LLMROUTER_API_KEY: KEY },
      });
      lab.router = router;
      programs.push(router);
      // The events come as the program says them.
      let read = 0;
      router.child.stdout!.on('data', () => {
        for (; read < router.events.length; read++) {
          const { event, state, publicUrl, message } = router.events[read] as Record<string, string>;
          if (event === 'tunnel') moments.push({ at: now(), state: state!, url: publicUrl, message });
        }
      });
    },
  };
  const onlineSince = async (from: number): Promise<Moment> => {
    for (;;) {
      const found = moments.find(({ at, state }) => at >= from && state === 'online');
      if (found) return found;
      await sleep(10);
    }
  };
  try {
    let answer: Answer | undefined;
    let before: string | undefined;
    if (!fault.atStart) {
      const began = now();
      lab.start();
      before = (await onlineSince(began)).url;
      lab.host = new URL(before!).hostname;
      answer = ask(cloud, lab.host);
      await answer.began;
    }
    const broken = now();
    const looks = fault.atStart || fault.unbroken ? undefined : lookOn(cloud, () => currentHost(moments) ?? lab.host);
    const said = await fault.run(lab);
    const mended = now();
    let back = '–';
    if (fault.atStart) back = seconds((await onlineSince(mended)).at - mended);
    else if (looks) back = seconds(Math.max(0, (await looks) - mended));
    const content = answer && (await answer.content);
    const after = moments.filter(({ at }) => at >= broken);
    const told = after.find(({ state }) => state !== 'online');
    const url = [...moments].reverse().find((moment) => moment.url)?.url;
    return {
      told: told && !fault.unbroken && !fault.dead ? seconds(told.at - broken) : '–',
      back,
      lost: content === undefined ? '–' : `${PIECES * PIECE.length - content} of ${PIECES * PIECE.length}`,
      url: before === undefined ? 'new' : url === before ? 'same' : 'another, told',
      words: [
        ...(said ? [said] : []),

        ...new Set(
          after
            .filter(({ state, message }) => !PASSING.has(state) && message !== 'Reachable from the internet.')
            .map(({ state, message }) => `${state}${message ? `: ${message}` : ''}`),
        ),
      ],
    };
  } finally {
    for (const { child, exited } of programs) {
      child.kill('SIGTERM');
      if ((await Promise.race([exited, sleep(15_000, 'late')])) === 'late') child.kill('SIGKILL');
      await exited;
    }
    const left = openStateFile(dataDir).value.running;
    if (left && isAlive(left.pid)) kill(left.pid);
    await cloud.stop();
    if (fault.smallDisk) execFileSync('umount', [dataDir]);
    temp.remove();
  }
}

/** Steps of every start. */
const PASSING = new Set(['off', 'connecting', 'verifying']);

const seconds = (ms: number) => (ms / 1_000).toFixed(1);
const currentHost = (moments: readonly Moment[]) => {
  const url = [...moments].reverse().find((moment) => moment.url)?.url;
  return url && new URL(url).hostname;
};

async function main(words: readonly string[]): Promise<void> {
  const upstream = await startUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let sent = 0;
    const timer = setInterval(() => {
      if (sent++ < PIECES) return void response.write(chunk({ content: PIECE }));
      clearInterval(timer);
      response.end(chunk({}, 'stop') + DONE);
    }, PIECE_MS);
    response.on('close', () => clearInterval(timer));
  });
  console.log(
    '| Fault | told after, s | back after, s | bytes lost | URL | words |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const fault of FAULTS) {
    if (words.length > 0 && !words.some((word) => fault.name.includes(word))) continue;
    const row = await measure(fault, upstream).catch((error: Error) => error.message);
    console.log(
      typeof row === 'string'
        ? `| ${fault.name} | not measured: ${row} |`
        : `| ${fault.name} | ${row.told} | ${row.back} | ${row.lost} | ${row.url} | ${row.words.join(' → ')} |`,
    );
  }
  await upstream.stop();
}

await main(process.argv.slice(3));
process.exit(0);
