/** The report as a person reads it: in a terminal, as a document, as JSON lines. Pure; also part of the extension. */
import type { DoctorHop, DoctorReport } from '../process/contract';
import type { Said } from '../said';
import { say } from './sentences';

const SIGNS: Record<DoctorHop['state'], string> = { ok: '✔', warning: '!', failed: '✘', skipped: '–' };
const COLORS: Record<DoctorHop['state'], number> = { ok: 32, warning: 33, failed: 31, skipped: 2 };
const WORDS: Record<DoctorHop['state'], string> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'failed',
  skipped: 'not looked at',
};

/** `2 of 12 failed, 1 warning.` */
export const summaryOf = (report: DoctorReport): string => summarySaid(report).text;

export function summarySaid({ hops, cancelled }: DoctorReport): Said {
  const count = (state: DoctorHop['state']): number => hops.filter((hop) => hop.state === state).length;
  const [bad, doubtful] = [count('failed'), count('warning')];
  const warnings = doubtful === 0 ? undefined : doubtful === 1 ? say.oneWarning : say.warnings(doubtful);
  const all =
    bad > 0 ? say.someFailed(bad, hops.length, warnings) : warnings ? say.onlyWarnings(warnings) : say.allWorks;
  return !cancelled ? all : hops.length === 0 ? say.endedEarly : say.endedEarlySaying(all);
}

/** One hop for a terminal, with what to do below it. */
export function terminalHop(hop: DoctorHop, color: boolean): string {
  const paint = (code: number, text: string): string => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const sign = paint(COLORS[hop.state], SIGNS[hop.state]);
  const fix = hop.fix ? `\n    ${paint(1, '→')} ${hop.fix}` : '';
  return `  ${sign} ${paint(1, hop.title)}  ${hop.state === 'ok' ? paint(2, hop.why) : hop.why}${fix}\n`;
}

/** One JSON line for each hop, as they come. */
export function jsonHop(hop: DoctorHop): string {
  return `${JSON.stringify({ event: 'hop', ...hop })}\n`;
}

/** The last JSON line. */
export function jsonSummary(report: DoctorReport): string {
  const { hops, ...facts } = report;
  const count = (state: DoctorHop['state']): number => hops.filter((hop) => hop.state === state).length;
  return `${JSON.stringify({
    event: 'summary',
    ok: count('failed') === 0 && !report.cancelled,
    failed: count('failed'),
    warnings: count('warning'),
    skipped: count('skipped'),
    text: summaryOf(report),
    ...facts,
  })}\n`;
}

/** The whole report for an issue or a document. */
export function markdownReport(report: DoctorReport): string {
  const hops = report.hops.flatMap((hop) => [
    `- ${SIGNS[hop.state]} **${hop.title}** (${WORDS[hop.state]}): ${hop.why}`,
    ...(hop.fix ? [`  - What to do: ${hop.fix}`] : []),
  ]);
  return [
    '# LLM Router: Doctor',
    '',
    `${summaryOf(report)} Version ${report.version}, ${report.platform}, ${report.at.slice(0, 16).replace('T', ' ')} UTC, ${(report.ms / 1000).toFixed(1)} s.`,
    '',
    ...hops,
    '',
    'There is no key, prompt, user name or computer name in this report.',
    '',
  ].join('\n');
}
