/** Which names to offer for Cursor's model list, and in what order (docs/rules.md M1, M2): pure. */
import { nameDoubt } from '../cursor/names';
import { inWords } from './words';

export interface ModelPick {
  name: string;
  /** Why Cursor may not send this name here. */
  warning?: string;
}

/** A warning for a name that Cursor would route elsewhere or refuse, else undefined. */
export function nameWarning(name: string): string | undefined {
  const doubt = nameDoubt(name);
  return doubt && inWords(doubt.said);
}

/** Safe names first; among these the ones that a person configured; else the given order. */
export function modelPicks(models: readonly string[], configured: readonly string[]): ModelPick[] {
  const own = new Set(configured);
  const rank = (pick: ModelPick): number =>
    (pick.warning ? 4 : 0) + (own.has(pick.name) ? 0 : 2) + (/claude|gemini|gpt/i.test(pick.name) ? 1 : 0);
  return models
    .map((name): ModelPick => {
      const warning = nameWarning(name);
      return warning ? { name, warning } : { name };
    })
    .map((pick, index) => ({ pick, index }))
    .sort((a, b) => rank(a.pick) - rank(b.pick) || a.index - b.index)
    .map(({ pick }) => pick);
}
