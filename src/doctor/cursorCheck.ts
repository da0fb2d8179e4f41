/** The last hop is the first of every request: has Cursor called, through which host, and what did it hear? */
import { dialectWords } from '../ledger/dialectWords';
import type { CursorSighting } from '../process/contract';
import { cursorTroubles } from '../troubles/table';
import { type Check, COPY_KEY, COPY_URL, CURSOR_SETTINGS, type Finding, failed, ok, skipped, warning } from './check';
import type { DoctorFacts } from './facts';
import { troubleFinding } from './troubleCheck';

export function cursorChecks(facts: DoctorFacts): Check[] {
  const { cursorApp } = facts;
  return [
    ...(cursorApp
      ? [{ id: 'cursor-app', title: "Cursor's own settings", limitMs: 1_000, look: async () => held(cursorApp) }]
      : []),
    { id: 'cursor', title: 'Cursor', limitMs: 1_000, look: async () => finding(facts) },
  ];
}

/** What Cursor's own file says, where it can be read. */
function held({ reading, state }: NonNullable<DoctorFacts['cursorApp']>): Finding {
  if (reading.kind === 'absent') return skipped('They are not on this machine, or hold nothing about models.');
  if (reading.kind === 'unreadable') return skipped(`They were not read: ${reading.why}`);
  const troubles = state ? cursorTroubles(state) : [];
  if (troubles.length > 0) return troubleFinding(troubles);
  if (state?.override === 'unknown') return skipped('A base URL stands there, and this router has none to compare.');
  const key = reading.holds.key === 'hidden' ? ' Its key is encrypted and was not compared.' : '';
  return ok(`The base URL is this router's, and the key is switched on.${key}`);
}

function finding({ cursor, recent, tunnel }: DoctorFacts): Finding {
  const calls = recent.filter((record) => record.client === 'cursor');
  const [last] = calls;
  const { publicUrl, replacedUrl, since } = tunnel.status();
  const seenAt = Math.max(cursor?.lastSeen ?? 0, last ? Date.parse(last.time) : 0);
  if (seenAt === 0 && cursor?.refused)
    return failed(
      `Cursor has not come through yet. ${refusedText(cursor)}`,
      'Paste the API key into Cursor again (Settings, Models, OpenAI API Key).',
      COPY_KEY,
    );
  if (seenAt === 0)
    return warning(
      'Cursor has not called this router yet.',
      'Paste the Base URL and the API key into Cursor (Settings, Models), switch both on, and ask a model by a name of this router. Cursor switches the key off by itself every few hours.',
      COPY_URL,
    );
  const host = cursor && cursor.lastSeen >= seenAt ? cursor.host : bare(last?.host ?? '');
  const when = `Last seen ${new Date(seenAt).toISOString().slice(0, 16).replace('T', ' ')} UTC through ${host || 'an unknown host'}`;
  const publicHost = publicUrl && new URL(publicUrl).hostname;
  if (publicHost && host !== publicHost)
    return failed(
      `${when}, but the public URL is ${publicUrl}/v1: Cursor still has an old one.`,
      'Paste the Base URL into Cursor again.',
      COPY_URL,
    );
  if (replacedUrl && publicUrl && seenAt < since)
    return failed(
      `${when}. Since then ${replacedUrl}/v1 was replaced by ${publicUrl}/v1.`,
      'Paste the Base URL into Cursor again.',
      COPY_URL,
    );
  const dialects = [...new Set(calls.flatMap((record) => record.dialect ?? []))].sort();
  const spoken = dialects.length > 0 ? `; ${dialects.map(dialectWords).join(', ')}` : '';
  if (last && last.status >= 400)
    return warning(
      `${when}${spoken}. Its last request for ${last.askedModel || '(no model)'} ended with HTTP ${last.upstreamStatus ?? last.status}${last.errorKind ? ` (${last.errorKind})` : ''}.`,
      'The log tells the story of that request; check the backend that it went to.',
      CURSOR_SETTINGS,
    );
  // On a public address anybody can say so: it is told, and takes nothing back.
  const others = cursor?.refused ? ` ${refusedText(cursor)}` : '';
  return ok(`${when}, ${calls.length} of the newest ${recent.length} requests${spoken}.${others}`);
}

function refusedText({ refused, lastRefusal = '' }: CursorSighting): string {
  const count = refused?.count ?? 0;
  return `${count === 1 ? 'One call that says it is' : `${count} calls that say they are`} Cursor's ${count === 1 ? 'was' : 'were'} refused: ${lastRefusal}`;
}

/** A Host header without its port. */
function bare(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}
