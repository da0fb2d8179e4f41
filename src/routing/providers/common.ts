/** What several providers share. */
import type { Family } from '../../models/family';
import type { Preset } from '../preset';

export const EFFORTS = ['low', 'medium', 'high'] as const;

const GEMINI_EFFORT = { reasoningField: 'reasoning_effort', efforts: EFFORTS, maxOutputTokens: 65_536 } as const;
// ai.google.dev thinking page, 2026-11: flash thinks as little as minimal, only 2.5 Flash not at all, pro from low on.
export const GEMINI_FAMILIES: readonly Family[] = [
  {
    match: /gemini-2\.5-flash/,
    abilities: GEMINI_EFFORT,
    effortWords: ['none', 'minimal', ...EFFORTS],
  },
  { match: /gemini-[3-9].*flash/, abilities: GEMINI_EFFORT, effortWords: ['minimal', ...EFFORTS] },
  { match: /gemini-(2\.5|[3-9])/, abilities: GEMINI_EFFORT },
];

export const openAiLike: Pick<Preset, 'abilities' | 'quirks'> = {
  abilities: { developerRole: true, serviceTier: true },
  quirks: { maxIdLength: 40, strictTools: true, maxTokensField: 'max_completion_tokens', maxStops: 4 },
};
