/**
 * Money of client keys: what was spent and what running requests hold, by window. Each running request holds its estimate
 * at list price, and a request is admitted only while spent + held + its own estimate stays within every budget. So in the end
 * spent ≤ budget + Σ max(0, actual − reserved), however many requests run at once.
 */
import type { Said } from '../said';
import type { ClientKeySettings } from '../settings/schema';
import { say } from './sentences';
import { type BudgetWindow, WINDOWS, type WindowKind, whenSaid, windowAt } from './windows';

export type Budget = NonNullable<ClientKeySettings['budget']>;

export interface Hold {
  key: string;
  /** US dollars. */
  cost: number;
  /** First day of each window at admission: what ends later is charged there (the ledger counts by arrival too). */
  from: Record<WindowKind, string>;
}

/** A key crossed the warning share of a budget: told once a window. */
export interface BudgetWarning {
  key: string;
  window: WindowKind;
  spent: number;
  budget: number;
  /** For a person. */
  sentence: string;
  /** The same as code and values. */
  says: Said;
}

export interface WindowState {
  window: WindowKind;
  spent: number;
  held: number;
  /** Absent: no budget for this window. */
  budget?: number;
  /** Milliseconds since the epoch; absent for `total`. */
  resets?: number;
}

export interface Spending {
  /** Holds the estimate, or says in a sentence which budget has no room. Undefined `cost`: no price is known, nothing is held. */
  hold(key: string, cost: number | undefined, budget: Budget | undefined): { hold: Hold } | { refusal: Said };
  /** Gives the hold back and charges what the request really cost. */
  release(hold: Hold, cost: number, budget: Budget | undefined): void;
  /** Charges a request of another process. `at`: arrival in milliseconds since the epoch. */
  charge(key: string, cost: number, at: number, budget: Budget | undefined): void;
  state(key: string, budget: Budget | undefined): WindowState[];
}

interface Counter {
  window: BudgetWindow;
  spent: number;
  held: number;
  warned: boolean;
}

/** Below a billionth of a dollar sums of floating-point numbers say nothing. */
const EPSILON = 1e-9;
const PERIOD_WORDS: Record<WindowKind, (sum: string) => Said> = {
  day: say.aDay,
  week: say.aWeek,
  month: say.aMonth,
  total: say.inTotal,
};
const sumOf = (kind: WindowKind, limit: number): Said => PERIOD_WORDS[kind](dollars(limit));

/** `$4.71`, or four decimals below ten cents. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount !== 0 && Math.abs(amount) < 0.1 ? 4 : 2)}`;
}

export interface SpendingWorld {
  /** Milliseconds since the epoch. */
  now(): number;
  /** What the ledger holds for a key from a local day on (see Ledger.spentSince): makes budgets survive a restart. */
  spentSince(key: string, from: string): number;
  onWarn(warning: BudgetWarning): void;
}

export function createSpending(world: SpendingWorld): Spending {
  const keys = new Map<string, Record<WindowKind, Counter>>();

  const fresh = (key: string, window: BudgetWindow): Counter => ({
    window,
    spent: world.spentSince(key, window.from),
    held: 0,
    warned: false,
  });

  /** Counters of a key; those whose window is over begin anew, and those of a day that a wrong clock said. */
  function countersOf(key: string, budget: Budget | undefined): Record<WindowKind, Counter> {
    const now = world.now();
    let counters = keys.get(key);
    if (!counters) {
      const made = (kind: WindowKind): Counter => fresh(key, windowAt(kind, now));
      counters = { day: made('day'), week: made('week'), month: made('month'), total: made('total') };
      // Crossed before this start: the person was told then.
      for (const kind of WINDOWS) counters[kind].warned = overShare(counters[kind], budget?.[kind], budget);
      keys.set(key, counters);
    }
    for (const kind of WINDOWS) {
      const { begins = now, ends = Number.POSITIVE_INFINITY } = counters[kind].window;
      if (now < begins || now >= ends) counters[kind] = fresh(key, windowAt(kind, now));
    }
    return counters;
  }

  function overShare(counter: Counter, limit: number | undefined, budget: Budget | undefined): boolean {
    return (
      limit !== undefined &&
      budget !== undefined &&
      counter.spent >= limit * budget.warnAt - EPSILON &&
      counter.spent > 0
    );
  }

  function warn(key: string, counters: Record<WindowKind, Counter>, budget: Budget | undefined): void {
    for (const kind of WINDOWS) {
      const counter = counters[kind];
      const limit = budget?.[kind];
      if (limit === undefined || counter.warned || !overShare(counter, limit, budget)) continue;
      counter.warned = true;
      const { ends } = counter.window;
      const [spent, sum] = [dollars(counter.spent), sumOf(kind, limit)];
      const says =
        ends === undefined
          ? say.budgetSpent(key, spent, sum)
          : say.budgetSpentResets(key, spent, sum, whenSaid(ends, world.now()));
      world.onWarn({ key, window: kind, spent: counter.spent, budget: limit, sentence: says.text, says });
    }
  }

  function refusal(key: string, kind: WindowKind, counter: Counter, limit: number, cost: number | undefined): Said {
    const { ends } = counter.window;
    const held = counter.held > EPSILON ? dollars(counter.held) : undefined;
    const price = cost === undefined ? say.noPrice : say.mayCost(dollars(cost));
    const resets = ends === undefined ? say.neverResets : say.resets(whenSaid(ends, world.now()));
    return say.budgetFull(key, sumOf(kind, limit), dollars(counter.spent), held, price, resets);
  }

  return {
    hold(key, cost, budget) {
      const counters = countersOf(key, budget);
      if (budget && cost !== 0) {
        for (const kind of WINDOWS) {
          const limit = budget[kind];
          if (limit === undefined) continue;
          const used = counters[kind].spent + counters[kind].held;
          // Without a price the estimate is unknown: such a request is let through until the budget is used up.
          const full = cost === undefined ? used >= limit - EPSILON : used + cost > limit + EPSILON;
          if (full) return { refusal: refusal(key, kind, counters[kind], limit, cost) };
        }
      }
      const from = { day: '', week: '', month: '', total: '' };
      for (const kind of WINDOWS) {
        counters[kind].held += cost ?? 0;
        from[kind] = counters[kind].window.from;
      }
      return { hold: { key, cost: cost ?? 0, from } };
    },
    release(hold, cost, budget) {
      const counters = countersOf(hold.key, budget);
      for (const kind of WINDOWS) {
        const counter = counters[kind];
        if (counter.window.from !== hold.from[kind]) continue;
        counter.held = Math.max(0, counter.held - hold.cost);
        counter.spent += cost;
      }
      warn(hold.key, counters, budget);
    },
    charge(key, cost, at, budget) {
      // Not counted yet: the first look at the key takes everything from the ledger.
      if (!keys.has(key)) return;
      const counters = countersOf(key, budget);
      for (const kind of WINDOWS)
        if (windowAt(kind, at).from === counters[kind].window.from) counters[kind].spent += cost;
      warn(key, counters, budget);
    },
    state(key, budget) {
      const counters = countersOf(key, budget);
      return WINDOWS.map((window) => ({
        window,
        spent: counters[window].spent,
        held: counters[window].held,
        budget: budget?.[window],
        resets: counters[window].window.ends,
      }));
    },
  };
}
