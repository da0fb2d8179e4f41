/**
 * The time limits of one attempt on a single timer of the runtime: most are set, moved and lifted without ever being
 * reached, and each timer costs more than a comparison.
 */
interface Deadline {
  name: string;
  /** By the monotonic clock; Infinity: lifted. */
  at: number;
  ms: number;
  fire: () => void;
}

export class Deadlines {
  private readonly all: Deadline[] = [];
  private timer: NodeJS.Timeout | undefined;
  private armedFor = Number.POSITIVE_INFINITY;

  /** In place of an earlier one of this name. `ms` 0: no limit. */
  set(name: string, ms: number, fire: () => void): void {
    const at = ms > 0 ? performance.now() + ms : Number.POSITIVE_INFINITY;
    const known = this.all.find((one) => one.name === name);
    if (known) Object.assign(known, { at, ms, fire });
    else this.all.push({ name, at, ms, fire });
    this.arm(at);
  }

  lift(name: string): void {
    const known = this.all.find((one) => one.name === name);
    if (known) known.at = Number.POSITIVE_INFINITY;
  }

  /** Counts from now on again, where it counts at all. */
  refresh(name: string): void {
    const known = this.all.find((one) => one.name === name);
    if (known && known.at !== Number.POSITIVE_INFINITY) known.at = performance.now() + known.ms;
  }

  end(): void {
    this.all.length = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
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
    for (const one of this.all.filter(({ at }) => at <= now)) {
      // What fired before may have lifted it, or ended everything.
      if (one.at > now || !this.all.includes(one)) continue;
      one.at = Number.POSITIVE_INFINITY;
      one.fire();
    }
    for (const { at } of this.all) this.arm(at);
  }
}
