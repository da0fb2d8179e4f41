/** What the things that Cursor holds mean for this router, in words for people, worst first. Pure. */
import type { CursorHolds } from '../cursorApp/readState';
import { type Says, spoken } from '../said';
import { say } from './sentences';

/** What can be wrong there, worst first. */
export const CURSOR_KINDS = ['overrideOff', 'otherUrl', 'noKey', 'wrongKey', 'switchedOff', 'unserved'] as const;

export interface CursorLine {
  kind: (typeof CURSOR_KINDS)[number];
  text: string;
  /** For the status bar: Cursor cannot use this router as long as it is so. */
  short?: string;
  says?: Says<'text' | 'short'>;
  /** The command of the extension that helps. */
  action: 'copyBaseUrl' | 'copyApiKey' | 'copyModelName' | 'useLlmRouter';
}

/** What is shown of Cursor's own settings. No key is in it. */
export interface CursorAppState {
  /** unknown: another URL stands there, but this router has none at the moment. */
  override: 'ours' | 'other' | 'off' | 'unknown';
  switchedOn: boolean;
  /** The key that Cursor holds does not open this router. */
  keyDiffers: boolean;
  /** Whose key it holds; hidden: encrypted, so nobody knows. */
  key: CursorHolds['key'];
  /** Names of models in Cursor that are served here, while our URL stands there. */
  served: readonly string[];
  /** Names of models in Cursor that nobody serves here. */
  unserved: readonly string[];
  told: readonly CursorLine[];
}

export interface CursorFacts {
  /** Host names of this router's public URL. */
  hosts: ReadonlySet<string>;
  serves(name: string): boolean;
  /** Cursor has used this router before: what keeps it away now is trouble, not a set-up that has yet to come. */
  seen: boolean;
}

const NAMES_TOLD = 8;

export function cursorAppState(holds: CursorHolds, { hosts, serves, seen }: CursorFacts): CursorAppState {
  const host = hostOf(holds.baseUrl);
  const override =
    holds.baseUrl === undefined ? 'off' : hosts.size === 0 ? 'unknown' : hosts.has(host) ? 'ours' : 'other';
  const unserved = override === 'ours' ? holds.models.filter((name) => !serves(name)) : [];
  const state = {
    override,
    switchedOn: holds.switchedOn,
    keyDiffers: holds.key === 'other',
    key: holds.key,
    served: override === 'ours' ? holds.models.filter(serves) : [],
    unserved,
  } as const;
  return { ...state, told: [...lines(state, holds, host, seen)] };
}

function* lines(
  { override, switchedOn, keyDiffers, unserved }: Omit<CursorAppState, 'told'>,
  { key }: CursorHolds,
  host: string,
  seen: boolean,
): Iterable<CursorLine> {
  if (override === 'off')
    yield {
      kind: 'overrideOff',
      ...spoken({ text: say.overrideOff, ...(seen && { short: say.overrideOffShort }) }),
      action: 'copyBaseUrl',
    };
  if (override === 'other')
    yield {
      kind: 'otherUrl',
      ...spoken({
        text: host ? say.otherUrl(host) : say.unknownUrl,
        ...(seen && { short: say.otherUrlShort }),
      }),
      action: 'copyBaseUrl',
    };
  if (override !== 'ours') return;
  if (key === 'none')
    yield { kind: 'noKey', ...spoken({ text: say.noKey, short: say.noKeyShort }), action: 'copyApiKey' };
  if (keyDiffers)
    yield {
      kind: 'wrongKey',
      ...spoken({ text: say.wrongKey, short: say.wrongKeyShort }),
      action: 'copyApiKey',
    };
  if (!switchedOn && key !== 'none')
    yield {
      kind: 'switchedOff',
      ...spoken({ text: say.switchedOff, short: say.switchedOffShort }),
      action: 'useLlmRouter',
    };
  if (unserved.length > 0)
    yield {
      kind: 'unserved',
      ...spoken({
        text: say.unserved(
          unserved.slice(0, NAMES_TOLD),
          unserved.length > NAMES_TOLD ? unserved.length - NAMES_TOLD : undefined,
        ),
      }),
      action: 'copyModelName',
    };
}

function hostOf(url: string | undefined): string {
  try {
    return new URL(url ?? '').hostname.toLowerCase();
  } catch {
    return '';
  }
}
