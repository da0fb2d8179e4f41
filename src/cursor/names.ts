/**
 * Model names as Cursor writes and routes them (docs/rules.md, M): decorations that its picker adds to known families,
 * names that its client sends elsewhere, and the order in which names are offered for copying.
 */

import type { Said } from '../said';
import { say } from './sentences';

export interface Undecorated {
  name: string;
  /** Effort word of the decoration, as written there (`extra` and `extra-high` become `xhigh`). */
  effort?: string;
  /** `fast=true`, `-fast`, `-priority` → priority; `fast=false` → an incoming priority tier is removed. */
  tier?: 'priority' | 'remove';
}

const EFFORT = 'none|minimal|low|medium|high|xhigh|max';
const THINKING_SUFFIX = new RegExp(`^(.+)-thinking-(${EFFORT})$`);
/** Longest word first, so that `-extra-high` is not read as `-high`. */
const GPT_SUFFIX = /^((?:.*\/)?gpt-.+?)-(extra-high|extra|xhigh|low|medium|high)$/;
const GPT_NAME = /^(?:.*\/)?gpt-/;
/** No model has a longer name; the patterns below take their time on endless ones. */
const LONGEST_NAME = 500;
const BRACKETS = /^(.+)\[([^[\]]*)\]$/;

/**
 * Takes decorations off a name (M8, M9), least first, until a servable one is found. Undefined when the name itself is
 * servable (an exact name beats parsing, M6) or nothing servable comes out; an unknown effort word, a bare `-thinking`
 * and an empty base are no decorations.
 */
export function undecorate(name: string, servable: (name: string) => boolean): Undecorated | undefined {
  if (name === '' || name.length > LONGEST_NAME || servable(name)) return undefined;
  return candidates(name).find((candidate) => servable(candidate.name));
}

/** Every reading of a name, the one that takes off least first. */
function candidates(name: string): Undecorated[] {
  const bracketed = readBrackets(name);
  const base = bracketed ?? { name };
  const found: Undecorated[] = bracketed ? [bracketed] : [];
  const tiered = readTier(base.name);
  for (const form of tiered ? [{ name: base.name }, tiered] : [{ name: base.name }]) {
    if (form.name !== base.name) found.push({ ...form, ...withoutName(base) });
    const effort = readEffort(form.name);
    if (effort) found.push({ ...form, ...effort, ...withoutName(base) });
  }
  return found;
}

function withoutName({ effort, tier }: Undecorated): Pick<Undecorated, 'effort' | 'tier'> {
  return { ...(effort !== undefined && { effort }), ...(tier && { tier }) };
}

function readTier(name: string): Undecorated | undefined {
  const match = GPT_NAME.test(name) ? /^(.+)-(?:fast|priority)$/.exec(name) : /^(.+)-fast$/.exec(name);
  return match ? { name: match[1]!, tier: 'priority' } : undefined;
}

function readEffort(name: string): Undecorated | undefined {
  const match = THINKING_SUFFIX.exec(name) ?? GPT_SUFFIX.exec(name);
  return match ? { name: match[1]!, effort: plainEffort(match[2]!) } : undefined;
}

function plainEffort(word: string): string {
  return word.startsWith('extra') ? 'xhigh' : word;
}

/** `name[effort=high,fast=true]`: unknown entries say nothing (M9). */
function readBrackets(name: string): Undecorated | undefined {
  const match = BRACKETS.exec(name);
  if (!match) return undefined;
  const result: Undecorated = { name: match[1]!.trimEnd() };
  for (const entry of match[2]!.split(',')) {
    const [key = '', value = ''] = entry.split('=').map((side) => side.trim().toLowerCase());
    if ((key === 'effort' || key === 'reasoning') && value) result.effort = plainEffort(value);
    else if (key === 'fast' && value === 'true') result.tier = 'priority';
    else if (key === 'fast' && value === 'false') result.tier = 'remove';
  }
  return result;
}

/**
 * Names that Cursor ships and therefore refuses as a custom model or serves itself (M2, M4). A small list, read off
 * Cursor's public model pages and forum threads in 2026-11 and never complete; it only feeds a warning.
 */
const BUILT_IN: ReadonlySet<string> = new Set([
  ...[
    'auto',
    'default',
    'composer',
    'composer-1',
    'composer-1.5',
    'composer-2',
    'cheetah',
    'grok-code',
    'grok-code-fast-1',
    'grok-4',
  ],
  ...[
    'gpt-3.5-turbo',
    'gpt-4',
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-4.1',
    'gpt-4.5-preview',
    'o1',
    'o1-mini',
    'o3',
    'o3-mini',
    'o4-mini',
  ],
  ...[
    'gpt-5',
    'gpt-5-mini',
    'gpt-5-nano',
    'gpt-5-codex',
    'gpt-5.1',
    'gpt-5.1-codex',
    'gpt-5.1-codex-max',
    'gpt-5.1-codex-mini',
  ],
  ...['gpt-5.2', 'gpt-5.2-codex', 'gpt-5.3-codex', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-5.5'],
  ...['deepseek-r1', 'deepseek-r1-0528', 'deepseek-v3', 'deepseek-v3.1', 'kimi-k2-instruct', 'kimi-k2.5'],
]);

const OTHER_SLOT = /^(claude|gemini)-/i;

/** What names that were added to Cursor since begin with. */
const LIKE_BUILT_IN =
  /^(claude|gemini|gpt-|chatgpt-|o[1-9](-|$)|grok-|composer|cursor-|auto$|default$|deepseek-(r1|v3)|kimi-k2)/i;

export interface NameDoubt {
  /** One sentence that says why, and what to do. */
  said: Said;
  /** Cursor is known not to send it here; else it only looks like one of its own names. */
  sure: boolean;
}

/** Why Cursor may not send this name to us (M1, M2, M4); undefined when it does. */
export function nameDoubt(name: string): NameDoubt | undefined {
  const slot = OTHER_SLOT.exec(name)?.[1]?.toLowerCase();
  if (slot) return { said: say.otherSlot(`${slot}-`, slot === 'claude' ? 'Anthropic' : 'Google', name), sure: true };
  if (BUILT_IN.has(name.toLowerCase())) return { said: say.builtIn(name), sure: true };
  return LIKE_BUILT_IN.test(name) ? { said: say.likeBuiltIn(name), sure: false } : undefined;
}
