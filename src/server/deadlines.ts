/**
 * The time limits of one attempt on a single timer of the runtime: most are set, moved and lifted without ever being
 * reached, and each timer costs more than a comparison.
 */
interface Deadline {
  /** By the monotonic clock. */
  at: number;
  ms: number;
  fire: () => void;
}

export class Deadlines {
  private readonly all = new Map<string, Deadline>();
  private timer: NodeJS.Timeout | undefined;
  private armedFor = Number.POSITIVE_INFINITY;

  /** In place of an earlier one of this name. `ms` 0: no limit. */
  set(name: string, ms: number, fire: () => void): void {
    if (ms <= 0) return this.lift(name);
    const at = performance.now() + ms;
    this.all.set(name, { at, ms, fire });
    this.arm(at);
  }

  lift(name: string): void {
    this.all.delete(name);
  }

  /** Counts from now on again, where it counts at all. */
  refresh(name: string): void {
    const known = this.all.get(name);
    if (known) known.at = performance.now() + known.ms;
  }

  end(): void {
    this.all.clear();
    clearTimeout(this.timer);
    this.armedFor = Number.POSITIVE_INFINITY;
  }

  /** A later deadline waits until the timer of an earlier one looks. */
  private arm(at: number): void {
    if (at >= this.armedFor) return;
    clearTimeout(this.timer);
    this.armedFor = at;
    this.timer = setTimeout(() => this.look(), Math.max(1, Math.ceil(at - performance.now())));
  }

  private look(): void {
    this.armedFor = Number.POSITIVE_INFINITY;
    const now = performance.now();
    // A late loop finds several: in the order of their time.
    const due = [...this.all].filter(([, { at }]) => at <= now).sort(([, a], [, b]) => a.at - b.at);
    for (const [name, one] of due) {
      // What fired before may have lifted or replaced it, or ended everything.
      if (this.all.get(name) !== one || one.at > now) continue;
      this.all.delete(name);
      one.fire();
    }
    for (const { at } of this.all.values()) this.arm(at);
  }
}
