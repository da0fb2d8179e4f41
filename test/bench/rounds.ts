/** Interleaved rounds: every subject in each of them, in turning order, so that whatever else the machine does meets all alike. */
import { median, type Subject } from './client';
import { report } from './rows';

/** What is compared; the twin is a second bare pass-through, and how far it is off is the machine's noise. */
export interface Field {
  bare: Subject;
  twin: Subject;
  /** The bare pass-through with what is owed to every request: the limit of a router of this kind. */
  owed: Subject;
  router: Subject;
  go?: Subject;
}

export type Measured = Map<Subject, number[]>;

export const subjectsOf = ({ bare, twin, owed, router, go }: Field): Subject[] => [
  bare,
  router,
  twin,
  owed,
  ...(go ? [go] : []),
];

export async function interleaved(
  field: Field,
  rounds: number,
  measure: (subject: Subject) => Promise<number>,
): Promise<Measured> {
  const subjects = subjectsOf(field);
  const measured: Measured = new Map(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    for (let n = 0; n < subjects.length; n++) {
      const subject = subjects[(n + round) % subjects.length]!;
      measured.get(subject)!.push(await measure(subject));
    }
  }
  return measured;
}

/** Median of the ratios round by round: what slowed one whole round down slowed both. */
export function ratioOf(measured: Measured, subject: Subject, bare: Subject): number {
  const base = measured.get(bare)!;
  return median(measured.get(subject)!.map((value, round) => value / Math.max(base[round]!, 1e-9)));
}

/** The router's ratio to the bare pass-through, beside the noise and, where it runs, Go's ratio. */
export function reportRatio(
  row: string,
  field: Field,
  measured: Measured,
  unit: string,
  goal: number,
  note = '',
): void {
  const { bare, twin, owed, router, go } = field;
  const figures = [bare, router].map((subject) => median(measured.get(subject)!).toFixed(unit === 'µs' ? 0 : 2));
  const noise = `noise ${ratioOf(measured, twin, bare).toFixed(2)}`;
  const limit = `owed ${ratioOf(measured, owed, bare).toFixed(2)}`;
  const besideGo = go ? `, Go ${ratioOf(measured, go, bare).toFixed(2)}` : '';
  report(
    row,
    ratioOf(measured, router, bare),
    ' ×',
    goal,
    `  (${figures.join(' → ')} ${unit}; ${limit}, ${noise}${besideGo}${note})`,
  );
}
