import { PRESET_CARDS } from './presetCards';
import type { PresetName } from './presets';

/** The preset whose own address has this host, as for a base URL from a file that knows no presets. */
export function presetForHost(baseUrl: string): PresetName | undefined {
  const host = hostOf(baseUrl);
  if (host === undefined) return undefined;
  const names = Object.keys(PRESET_CARDS) as PresetName[];
  return names.find((name) => {
    const { urls, baseUrl: own, needsKey } = PRESET_CARDS[name];
    return urls ? urls.test(baseUrl) : needsKey && hostOf(own) === host;
  });
}

function hostOf(url: string): string | undefined {
  return /^https?:\/\/([^/:?#]+)/i.exec(url)?.[1]?.toLowerCase();
}
