/** What the bench prints: one line a row, with its goal where it has one. */
import { cpus } from 'node:os';

export type Report = (row: string, value: number, unit: string, goal: number | undefined, note?: string) => void;

const told: (boolean | undefined)[] = [];

export const report: Report = (row, value, unit, goal, note = '') => {
  const met = goal === undefined ? undefined : value <= goal;
  told.push(met);
  const wanted = goal === undefined ? '' : `≤ ${goal}${unit}`;
  const verdict = met === undefined ? '' : met ? 'yes' : 'NO';
  console.log(`${row.padEnd(50)} ${`${value.toFixed(2)}${unit}${note}`.padEnd(50)} ${wanted.padEnd(10)} ${verdict}`);
};

export function skip(row: string, why: string): void {
  console.log(`${row.padEnd(50)} skipped: ${why}`);
}

export function summary(): string {
  const goals = told.filter((met) => met !== undefined);
  const missed = goals.filter((met) => !met).length;
  return `${missed} of ${goals.length} goals missed. Node ${process.version}, ${cpus().length} cores.`;
}
