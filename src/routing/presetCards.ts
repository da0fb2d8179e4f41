/** What a person sees of the known providers. The editor's bundle gets the values alone, for it must stay small: see esbuild.config.mjs. */
import type { PresetCard } from './preset';
import { PRESET_NAMES, PRESETS, type PresetName } from './presets';

export const PRESET_CARDS: Readonly<Record<PresetName, PresetCard>> = Object.fromEntries(
  PRESET_NAMES.map((name) => {
    const { title, baseUrl, fill, urls, needsKey, local, keyUrl } = PRESETS[name];
    return [name, { title, baseUrl, fill, urls, needsKey, local, keyUrl }];
  }),
) as Record<PresetName, PresetCard>;
