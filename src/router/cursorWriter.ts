/** Writes Cursor's settings once Cursor is gone, on a person's word: the job, what it says, and what keeps this process alive for it. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { belongsTo, isLastingCursor, runningPrograms, startOf } from '../cursorApp/processes';
import { writeWhenClosed } from '../cursorApp/whenClosed';
import { connectState, disconnectState, isKept, notWritten, type WriteResult } from '../cursorApp/writeState';
import { steadyNow } from '../network/steadyClock';
import type { CursorJob, CursorWrite } from '../process/contract';
import { errorWords, SaidError, spoken } from '../said';
import { thisSystem } from '../system/processes';
import type { CoreOptions } from './options';
import { say } from './sentences';

/** How long the end is told to windows that open, milliseconds. */
const TOLD_MS = 600_000;

export interface CursorWriter {
  readonly job: CursorJob | undefined;
  /** This process runs on a Cursor that it can outlive. */
  readonly able: boolean;
  /** What stood there before is kept, so it can be put back. */
  readonly undoable: boolean;
  /** Throws a sentence where this process cannot wait for Cursor's end. */
  start(write: CursorWrite): void;
  close(): void;
}

export interface CursorWriterOptions {
  options: CoreOptions;
  /** Cursor's file; undefined where it cannot be read. */
  file(): string | undefined;
  publicUrl(): string | undefined;
  onChange(): void;
}

export function createCursorWriter({ options, file, publicUrl, onChange }: CursorWriterOptions): CursorWriter {
  const { closing, dataDir, log } = options;
  let job: CursorJob | undefined;
  const ended = new AbortController();

  async function write(asked: CursorWrite): Promise<WriteResult> {
    const target = file();
    if (!target) return notWritten(say.cursorUnreadable);
    if ('undo' in asked) return await disconnectState(target, dataDir);
    const baseUrl = publicUrl();
    if (!baseUrl) return notWritten(say.urlDidNotWork);
    return await connectState(target, dataDir, { baseUrl, models: asked.models });
  }

  async function run(asked: CursorWrite, signal: AbortSignal): Promise<void> {
    if (!closing) return;
    const letGo = closing.hold();
    const own = belongsTo(closing.runtime, thisSystem.platform);
    const result = await writeWhenClosed(
      {
        now: steadyNow,
        sleep: (ms) => sleep(ms),
        async others() {
          const all = await runningPrograms();
          return all?.filter(({ pid, program }) => pid !== process.pid && own(program)).length;
        },
        windows: closing.windows,
        write: () => write(asked),
        startCursor: () => startCursor(closing.runtime),
      },
      signal,
    ).catch((error: unknown) => notWritten(errorWords(error)));
    const { ok, ...told } = result;
    log(ok ? 'info' : 'warn', `Cursor's settings: ${told.text}`);
    const end: CursorJob = { phase: ok ? 'done' : 'failed', ...told };
    job = end;
    onChange();
    letGo();
    // Windows of another day need not hear of it.
    setTimeout(() => {
      if (job !== end) return;
      job = undefined;
      onChange();
    }, TOLD_MS).unref();
  }

  return {
    get job() {
      return job;
    },
    get able() {
      return closing !== undefined && isLastingCursor(closing.runtime) && file() !== undefined;
    },
    get undoable() {
      return isKept(dataDir);
    },
    start(asked) {
      if (job?.phase === 'waiting') throw new SaidError(say.writeUnderWay);
      if (!closing || !isLastingCursor(closing.runtime)) throw new SaidError(say.cannotOutlive);
      job = { phase: 'waiting', ...spoken({ text: say.waitingForCursor }) };
      log('info', `Cursor's settings: ${job.text}`);
      onChange();
      void run(wishOf(asked), ended.signal);
    },
    close: () => ended.abort(),
  };
}

/** What came over the pipe, whatever it is. */
function wishOf(asked: CursorWrite): CursorWrite {
  if ('undo' in asked) return { undo: true };
  const { models } = asked as { models?: unknown };
  return { models: Array.isArray(models) ? models.filter((name): name is string => typeof name === 'string') : [] };
}

/** As a person would: without what makes its runtime plain Node. */
function startCursor(runtime: string): void {
  const [program, args] = startOf(runtime, thisSystem.platform);
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env;
  const child = spawn(program, args, { detached: true, stdio: 'ignore', env });
  child.on('error', () => undefined);
  child.unref();
}
