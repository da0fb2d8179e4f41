/**
 * "Do it for me: restart Cursor": the router outlives the windows, waits until no process of that Cursor is left, writes, and
 * starts Cursor again. Bounded, and an aborted quit aborts the write. Pure: clock, processes and the write come in.
 */
import { say } from './sentences';
import { notWritten, type WriteResult } from './writeState';

export interface ClosedWorld {
  /** Steady milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Processes of that Cursor other than this one; undefined: it cannot be told. */
  others(): Promise<number | undefined>;
  /** Windows that are connected. */
  windows(): number;
  write(): Promise<WriteResult>;
  startCursor(): void;
}

/** After this nothing is written any more, milliseconds. */
export const LONGEST_WAIT = 300_000;
/** A Cursor whose windows are still there after this has not quit. */
export const QUIT_WAIT = 60_000;
const POLL = 500;
/** Nobody is there so often in a row: between two processes of one end there may be a gap. */
const EMPTY_LOOKS = 3;

export async function writeWhenClosed(world: ClosedWorld, signal: AbortSignal): Promise<WriteResult> {
  const begun = world.now();
  let empty = 0;
  let left = false;
  for (;;) {
    if (signal.aborted) return notWritten(say.calledOff);
    const waited = world.now() - begun;
    if (waited >= LONGEST_WAIT) return notWritten(say.notGone);
    const windows = world.windows();
    if (windows > 0 && left) return notWritten(say.startedAgain);
    if (windows === 0) left = true;
    else if (waited >= QUIT_WAIT) return notWritten(say.didNotQuit);
    const others = await world.others();
    if (others === undefined) return notWritten(say.programsUnknown);
    empty = others === 0 && windows === 0 ? empty + 1 : 0;
    if (empty >= EMPTY_LOOKS) break;
    await world.sleep(POLL);
  }
  if (signal.aborted || world.windows() > 0) return notWritten(say.calledOff);
  const result = await world.write();
  // The person asked for a restart, whatever became of the write.
  try {
    world.startCursor();
  } catch {
    // Its program is just being replaced by an update, say: what was written counts, and the person starts it.
  }
  return result;
}
