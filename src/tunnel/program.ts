/**
 * A tunnel program as a process: started detached with its log in a file, so that it outlives us, or adopted from an
 * earlier router. What differs between programs (log, local API) is a ProgramKind.
 */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, fstatSync, openSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { beginOfChild, isAlive, isSameBegin, thisSystem } from '../system/processes';
import type { Connected, Link, LinkEvent } from './driver';
import { tailLog } from './logTail';
import { childEnvironment, endProcess, processGone, processStart } from './processes';
import { type RunningProgram, type StateFile, tunnelFolder } from './stateFile';
import { ownProgram, watchProgram } from './watcher';
import type { TunnelWorld } from './world';

/** `api`: the loopback port where the program answers questions about itself. */
export type ProgramEvent = LinkEvent | { type: 'api'; port: number };

export interface ProgramLog {
  /** Events of the lines that are complete now. */
  push(chunk: string): ProgramEvent[];
  /** The last lines that mean something to a person, without options and secrets; at most 10. */
  lastLines(): string[];
}

export interface ProgramKind {
  /** Name of the log file in the tunnel folder. */
  logName: string;
  createLog(): ProgramLog;
  /** Asks the program whether it is connected; undefined: no answer. Rejects with the system's error when it could not ask. */
  connected(running: RunningProgram): Promise<boolean | undefined>;
  /** Something that only this run knows, to recognise it later. */
  connectorId?(running: RunningProgram): Promise<string | undefined>;
  /** What it needs to leave the service once it is asked to end, milliseconds, when it would wait longer by itself. */
  graceMs?: number;
  lostAfterMs: number;
  honest: boolean;
}

export interface Launch {
  dataDir: string;
  world: TunnelWorld;
  state: StateFile;
  kind: ProgramKind;
  binary: string;
  args: readonly string[];
  /** Besides what every program needs. */
  env: Record<string, string>;
  running: Omit<RunningProgram, 'pid' | 'pidStart' | 'metricsPort'>;
  /** Where it answers about itself, when we chose the port; otherwise its log says it. */
  metricsPort?: number;
  /** Called when the program has ended or was let go. */
  atEnd?(): void;
}

const POLL_MS = 2_000;
const logFile = (dataDir: string, kind: ProgramKind) => path.join(tunnelFolder(dataDir), kind.logName);

/** Rejects with the system's error when the program cannot be started. */
export async function launchProgram(launch: Launch): Promise<Link> {
  const { dataDir, world, state, kind } = launch;
  const log = logFile(dataDir, kind);
  let logFd: number | undefined;
  let logStart: number;
  let child: ChildProcess;
  try {
    logFd = openLog(log);
    logStart = fstatSync(logFd).size;
    child = world.spawn(launch.binary, launch.args, {
      cwd: tunnelFolder(dataDir),
      env: childEnvironment(world.env, launch.env),
      detached: true,
      stdio: ['ignore', logFd, logFd],
      windowsHide: true,
    });
  } catch (error) {
    launch.atEnd?.();
    throw error;
  } finally {
    if (logFd !== undefined) closeSync(logFd);
  }
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
  } catch (error) {
    launch.atEnd?.();
    throw error;
  }
  child.unref();
  const pid = child.pid!;
  const running: RunningProgram = {
    ...launch.running,
    pid,
    pidStart: await processStart(pid, thisSystem, beginOfChild),
    metricsPort: launch.metricsPort ?? 0,
  };
  state.update({ running });
  ownProgram(dataDir);
  watchProgram(pid, dataDir, world);
  const { link, ended } = followProgram({
    world,
    state,
    kind,
    running,
    dataDir,
    log,
    logStart,
    gone: () => gone,
    atEnd: launch.atEnd,
  });
  if (child.exitCode !== null || child.signalCode !== null) ended(child.exitCode, child.signalCode);
  else child.once('exit', ended);
  return link;
}

/** The link of a program that runs already and was proven to be ours. */
export function adoptProgram(
  running: RunningProgram,
  kind: ProgramKind,
  dataDir: string,
  world: TunnelWorld,
  state: StateFile,
): Link {
  ownProgram(dataDir);
  const log = logFile(dataDir, kind);
  const gone = () => processGone(running.pid, running.pidStart, world.clock, world.platform);
  return followProgram({ world, state, kind, running, dataDir, log, logStart: sizeOf(log), gone, adopted: true }).link;
}

interface FollowOptions {
  world: TunnelWorld;
  state: StateFile;
  kind: ProgramKind;
  running: RunningProgram;
  dataDir: string;
  log: string;
  /** Bytes of the log that are from before. */
  logStart: number;
  gone(): Promise<void>;
  atEnd?(): void;
  adopted?: boolean;
}

function followProgram({
  world,
  state,
  kind,
  dataDir,
  log,
  logStart,
  gone,
  atEnd,
  adopted = false,
  running: start,
}: FollowOptions) {
  let running = start;
  const parser = kind.createLog();
  const early: LinkEvent[] = [];
  let listener: ((event: LinkEvent) => void) | undefined;
  let over = false;
  /** Its last word on its connection. */
  let connected: boolean | undefined;
  const tail = tailLog(log, logStart, world.clock, (text) => {
    for (const event of parser.push(text)) onLog(event);
  });
  if (adopted) tail.every(1_000);

  const emit = (event: LinkEvent) => (listener ? listener(event) : early.push(event));
  function remember(change: Partial<RunningProgram>): void {
    running = { ...running, ...change };
    if (state.value.running?.pid === running.pid) state.update({ running });
  }

  function onLog(event: ProgramEvent): void {
    if (event.type === 'api') {
      remember({ metricsPort: event.port });
      return;
    }
    if (event.type === 'registered') {
      tail.every(1_000);
      if (event.publicUrl) remember({ host: new URL(event.publicUrl).host });
      noteConnector();
    }
    emit(event);
  }

  function noteConnector(): void {
    void kind.connectorId?.(running).then((connectorId) => connectorId && !over && remember({ connectorId }));
  }

  function finish(): void {
    over = true;
    tail.stop();
    atEnd?.();
  }

  function ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (over) return;
    tail.read();
    finish();
    const words = signal ? `signal ${signal}` : code === null ? 'gone' : `exit code ${code}`;
    emit({ type: 'exited', code: words, lines: parser.lastLines() });
  }

  const link: Link = {
    publicUrl: running.host ? `https://${running.host}` : undefined,
    pollMs: POLL_MS,
    lostAfterMs: kind.lostAfterMs,
    honest: kind.honest,
    registered: adopted,
    onEvent(next) {
      listener = next;
      for (const event of early.splice(0)) next(event);
    },
    async connected(): Promise<Connected> {
      ownProgram(dataDir);
      if (running.metricsPort === 0) return undefined;
      let answer: boolean | undefined;
      try {
        answer = await kind.connected(running);
      } catch {
        return 'unasked';
      }
      connected = answer;
      if (answer && !running.connectorId) noteConnector();
      if (answer === undefined && adopted && !isAlive(running.pid)) ended(null, null);
      return answer;
    },
    async close() {
      finish();
      await endProcess(running.pid, gone(), world.clock, world.platform, connected === false ? 0 : kind.graceMs);
      if (state.value.running?.pid === running.pid) state.update({ running: undefined });
    },
    leave: finish,
  };
  return { link, ended };
}

/** Ends what an earlier router left running, if it is beyond doubt ours. Whatever it was, it is forgotten. */
export async function endStray(state: StateFile, world: TunnelWorld): Promise<void> {
  const { running } = state.value;
  if (!running) return;
  let ours = await isSameProcess(running);
  if (ours === undefined && running.metricsPort !== 0 && running.connectorId) {
    ours = (await localJson(running.metricsPort, '/ready'))?.connectorId === running.connectorId;
  }
  if (ours) {
    const gone = processGone(running.pid, running.pidStart, world.clock, world.platform);
    await endProcess(running.pid, gone, world.clock, world.platform);
  }
  state.update({ running: undefined });
}

/** undefined: the system does not tell. */
export async function isSameProcess(
  { pid, pidStart }: RunningProgram,
  system = thisSystem,
): Promise<boolean | undefined> {
  if (!isAlive(pid)) return false;
  if (pidStart === undefined) return undefined;
  const now = await processStart(pid, system);
  if (now === undefined) return system.platform === 'win32' ? undefined : false;
  return isSameBegin(now, pidStart, system);
}

/** A log that somebody deleted is no reason to end the program that wrote it. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Appending, so that it may be cut under the program; private, because options and tokens may stand in it. */
function openLog(file: string): number {
  const fd = openSync(file, 'a', 0o600);
  chmodSync(file, 0o600);
  return fd;
}

/** This process has no room for another socket: that says nothing about who would have been asked. */
const SHORT_OF = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** A JSON answer of a program's loopback API, whatever its status; undefined when there is none, or it could not be asked. */
export function localJson(port: number, route: string): Promise<Record<string, unknown> | undefined> {
  return askLocal(port, route).catch(() => undefined);
}

/** Milliseconds for the whole answer: after a restart of the machine somebody else may listen there. */
const ANSWER_MS = 1_500;

/** The same, but rejects when this process could not ask. */
export function askLocal(port: number, route: string): Promise<Record<string, unknown> | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = http.get({ host: '127.0.0.1', port, path: route, agent: false, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body.length < 65_536 ? (body += chunk) : request.destroy()));
      response.on('error', () => resolve(undefined));
      response.on('end', () => {
        try {
          resolve(JSON.parse(body));
        } catch {
          resolve(undefined);
        }
      });
    });
    // What switches to another protocol (101) is neither an answer nor an error.
    request.on('close', () => resolve(undefined));
    request.on('error', (error: NodeJS.ErrnoException) =>
      SHORT_OF.has(error.code ?? '') ? reject(error) : resolve(undefined),
    );
  });
}
