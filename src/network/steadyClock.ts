/**
 * Milliseconds for distances in time, once for everybody: they begin at the present time and never go back. A wall clock that is set
 * back must hold nothing up; one that jumps ahead counts, because that is how a sleep of the machine shows (where the monotonic
 * clock stands still meanwhile). What is shown to a person or stored stays wall time.
 */

/** Smaller differences between both clocks are drift and rounding. */
const JUMP_MS = 1_000;

export function createSteadyClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): () => number {
  let offset = wall() - monotonic();
  let ahead = offset;
  return () => {
    let elapsed = monotonic();
    const at = wall();
    // Held up between the two looks, this process has slept no longer than the monotonic clock says.
    if (at - elapsed - offset > JUMP_MS) elapsed = monotonic();
    const moved = at - elapsed - offset;
    if (Math.abs(moved) > JUMP_MS) {
      offset += moved;
      if (moved > 0) ahead += moved;
    }
    return Math.floor(elapsed + ahead);
  };
}

/** The one of this process. */
export const steadyNow = createSteadyClock();
