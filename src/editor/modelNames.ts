/** Which names work in Cursor's model list (docs/rules.md M1, M2): pure. */
import { t } from './words';

export interface ModelPick {
  name: string;
  /** Why Cursor may not send this name here. */
  warning?: string;
}

const BUILT_IN = /^(gpt-|chatgpt-|o[1-9](-|$)|grok-|composer|cursor-|auto$|default$|deepseek-(r1|v3)|kimi-k2)/i;

/** A warning for a name that Cursor would route elsewhere or refuse, else undefined. */
export function nameWarning(name: string): string | undefined {
  if (/^claude/i.test(name)) return t`Cursor sends names that start with claude to its own service. Give it an alias.`;
  if (/^gemini/i.test(name)) return t`Cursor sends names that start with gemini to its own service. Give it an alias.`;
  if (BUILT_IN.test(name)) return t`May be one of Cursor’s own names. Give it an alias.`;
  return undefined;
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
