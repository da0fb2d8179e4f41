/** How client keys look in a list. Pure. */

import type { KeyState } from '../../ledger/admission';
import { dollars } from '../../ledger/budgets';
import { inWords, t } from '../words';

/** A client key in settings.json: whatever stands there, so every field is unknown until looked at. */
export type WrittenKey = Record<string, unknown>;

export const keyName = (key: WrittenKey): string => (typeof key.name === 'string' ? key.name : '');

const PERIOD = { day: t`today`, week: t`this week`, month: t`this month`, total: t`in total` } as const;

export interface KeyLook {
  /** Name of a theme icon. */
  icon: 'key' | 'circle-slash' | 'warning';
  description: string;
  /** Why it does not work, or that a budget is nearly used up. */
  detail?: string;
}

/** `state`: undefined while the router does not know the key or cannot be asked. `hint`: its beginning and end; undefined without a stored secret. */
export function keyLook(written: WrittenKey, state: KeyState | undefined, hint: string | undefined): KeyLook {
  if (!hint && typeof written.apiKeyEnv !== 'string')
    return { icon: 'warning', description: t`no secret is stored here`, detail: t`Make a new secret to use this key.` };
  const parts = [hint ?? t`from ${String(written.apiKeyEnv)}`, ...(state ? useOf(state) : [t`not in force`])];
  if (typeof written.expires === 'string') parts.push(t`until ${written.expires}`);
  const description = parts.join(' · ');
  if (state?.refused) return { icon: 'circle-slash', description, detail: inWords(state.refusedSays ?? state.refused) };
  const full = state?.windows.find((window) => window.budget !== undefined && window.spent >= window.budget);
  if (full) return { icon: 'warning', description, detail: t`Its budget ${PERIOD[full.window]} is used up.` };
  return { icon: 'key', description };
}

/** Running requests, and money: of each budget, else of this month. */
function useOf({ running, windows }: KeyState): string[] {
  const limited = windows.filter((window) => window.budget !== undefined);
  const money = limited.map(
    ({ window, spent, budget = 0 }) => t`${dollars(spent)} of ${dollars(budget)} ${PERIOD[window]}`,
  );
  const month = windows.find(({ window }) => window === 'month');
  if (money.length === 0 && month) money.push(`${dollars(month.spent)} ${PERIOD.month}`);
  return [running > 0 ? t`${running} running` : t`idle`, ...money];
}

/** Why this text is no name for a key, else undefined. */
export function keyNameProblem(text: string, taken: ReadonlySet<string>): string | undefined {
  const name = text.trim();
  if (!/^[\w.-]{1,200}$/.test(name)) return t`Letters, digits, dots, dashes and underscores.`;
  if (name === 'main') return t`main is the key for Cursor; choose another name.`;
  return taken.has(name) ? t`There is a key ${name} already.` : undefined;
}

/** What a person may limit when making a key. */
export interface KeyLimit {
  label: string;
  prompt: string;
  placeHolder: string;
  /** The fields of the setting, or a sentence on what is wrong with the text. */
  read(text: string): Record<string, unknown> | string;
}

const budget = (window: 'day' | 'month' | 'total', words: string): KeyLimit => ({
  label: t`Budget ${words}`,
  prompt: t`US dollars ${words}.`,
  placeHolder: '5',
  read: (text) => {
    const amount = Number(text);
    return text !== '' && Number.isFinite(amount) && amount >= 0
      ? { budget: { [window]: amount } }
      : t`An amount in US dollars.`;
  },
});
const count = (field: string, label: string, prompt: string, placeHolder: string): KeyLimit => ({
  label,
  prompt,
  placeHolder,
  read: (text) => (/^[1-9]\d{0,11}$/.test(text) ? { [field]: Number(text) } : t`A whole number above zero.`),
});

export const KEY_LIMITS: readonly KeyLimit[] = [
  {
    label: t`Allowed models`,
    prompt: t`Model names with commas between; * stands for anything.`,
    placeHolder: t`fast, openai/*`,
    read: (text) => {
      const models = text.split(',').map((name) => name.trim());
      return models.every((name) => name !== '') ? { models } : t`Model names with commas between.`;
    },
  },
  budget('day', t`a day`),
  budget('month', t`a month`),
  budget('total', t`in total`),
  count('requestsPerMinute', t`Requests a minute`, t`Requests a minute.`, '20'),
  count('tokensPerMinute', t`Tokens a minute`, t`Input and output tokens a minute.`, '100000'),
  count('maxStreams', t`Requests at the same time`, t`Requests at the same time.`, '2'),
  {
    label: t`Expiry`,
    prompt: t`Last day on which the key works.`,
    placeHolder: '2027-01-31',
    read: (text) =>
      /^\d{4}-\d\d-\d\d$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text)
        ? { expires: text }
        : t`A day such as 2027-01-31.`,
  },
];

/** Several limits in one entry: budgets of different windows stand together. */
export function withLimit(entry: WrittenKey, fields: Record<string, unknown>): WrittenKey {
  const { budget: added } = fields;
  return added ? { ...entry, budget: { ...(entry.budget as object | undefined), ...added } } : { ...entry, ...fields };
}
