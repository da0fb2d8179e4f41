/**
 * When settings, keys or network were last changed. The router takes the newest push, so a window must never
 * call old content new: `now` is used only for content that this window saw change.
 */
import { createHmac } from 'node:crypto';
import type { Memento } from 'vscode';
import type { ConfigPush } from '../process/contract';
import { CLIENT_KEY } from '../settings/keyNames';

const STATE = 'lastChange';
interface Stamp {
  at: number;
  digest: string;
}
type Content = Omit<ConfigPush, 'changedAt'>;

export interface Stamper {
  /** The push for this content; the same content keeps its time, also over restarts and in other windows. */
  stamp(content: Content): Promise<ConfigPush>;
}

export function createStamper(memento: Memento, now: () => number): Stamper {
  let mine: Stamp | undefined;
  return {
    async stamp(content) {
      const digest = digestOf(content);
      if (mine?.digest !== digest) {
        const stored = memento.get<Stamp>(STATE);
        // Another window may have stamped the same change already.
        mine = stored?.digest === digest ? stored : { at: Math.max(now(), (stored?.at ?? 0) + 1), digest };
        // Not waited for: an editor that cannot store it must not keep the settings from the router.
        if (mine !== stored) void memento.update(STATE, mine).then(undefined, () => undefined);
      }
      return { ...content, changedAt: mine.at };
    },
  };
}

/** Keyed with a secret, because the memento is plain text and the content holds keys. */
function digestOf(content: Content): string {
  return createHmac('sha256', content.secrets[CLIENT_KEY] ?? '')
    .update(canonical(content))
    .digest('hex');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join()}}`;
}
