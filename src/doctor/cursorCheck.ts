/** The last hop is the first of every request: has Cursor called, through which host, and what did it hear? */
import { dialectWords } from '../ledger/dialectWords';
import type { CursorSighting } from '../process/contract';
import type { Said } from '../said';
import { cursorTroubles } from '../troubles/table';
import { type Check, COPY_KEY, COPY_URL, CURSOR_SETTINGS, type Finding, failed, ok, skipped, warning } from './check';
import type { DoctorFacts } from './facts';
import { say } from './sentences';
import { troubleFinding } from './troubleCheck';

export function cursorChecks(facts: DoctorFacts): Check[] {
  const { cursorApp } = facts;
  return [
    ...(cursorApp
      ? [{ id: 'cursor-app', title: say.cursorApp, limitMs: 1_000, look: async () => held(cursorApp) }]
      : []),
    { id: 'cursor', title: say.cursor, limitMs: 1_000, look: async () => finding(facts) },
  ];
}

/** What Cursor's own file says, where it can be read. */
function held({ reading, state }: NonNullable<DoctorFacts['cursorApp']>): Finding {
  if (reading.kind === 'absent') return skipped(say.cursorHoldsNothing);
  if (reading.kind === 'unreadable') return skipped(say.cursorUnread(reading.why));
  const troubles = state ? cursorTroubles(state) : [];
  if (troubles.length > 0) return troubleFinding(troubles);
  if (state?.override === 'unknown') return skipped(say.cursorNoUrl);
  return ok(reading.holds.key === 'hidden' ? say.cursorRightKeyHidden : say.cursorRight);
}

function finding({ cursor, recent, tunnel }: DoctorFacts): Finding {
  const calls = recent.filter((record) => record.client === 'cursor');
  const [last] = calls;
  const { publicUrl, replacedUrl, since } = tunnel.status();
  const seenAt = Math.max(cursor?.lastSeen ?? 0, last ? Date.parse(last.time) : 0);
  if (seenAt === 0 && cursor?.refused)
    return failed(say.cursorRefused(refusals(cursor)), say.cursorRefusedFix, COPY_KEY);
  if (seenAt === 0) return warning(say.cursorNever, say.cursorNeverFix, COPY_URL);
  const host = cursor && cursor.lastSeen >= seenAt ? cursor.host : bare(last?.host ?? '');
  const time = new Date(seenAt).toISOString().slice(0, 16).replace('T', ' ');
  const through = host || say.unknownHost;
  const when = say.lastSeen(time, through);
  const publicHost = publicUrl && new URL(publicUrl).hostname;
  if (publicHost && host !== publicHost) return failed(say.cursorOldUrl(when, publicUrl), say.pasteUrl, COPY_URL);
  if (replacedUrl && publicUrl && seenAt < since)
    return failed(say.cursorReplaced(when, replacedUrl, publicUrl), say.pasteUrl, COPY_URL);
  const dialects = [...new Set(calls.flatMap((record) => record.dialect ?? []))].sort();
  const spoken = dialects.map(dialectWords).join(', ');
  if (last && last.status >= 400) {
    const seen = spoken ? say.lastSeenSpeaking(time, through, spoken) : when;
    const asked = last.askedModel || say.noModelName;
    const status = last.upstreamStatus ?? last.status;
    return warning(
      last.errorKind
        ? say.cursorLastFailedKind(seen, asked, status, last.errorKind)
        : say.cursorLastFailed(seen, asked, status),
      say.cursorLastFailedFix,
      CURSOR_SETTINGS,
    );
  }
  // On a public address anybody can say so: it is told, and takes nothing back.
  const counts = [calls.length, recent.length] as const;
  const all = spoken ? say.shareSpeaking(when, ...counts, spoken) : say.share(when, ...counts);
  return ok(cursor?.refused ? say.both(all, refusals(cursor)) : all);
}

function refusals({ refused, lastRefusal = '', lastRefusalSays }: CursorSighting): Said {
  const count = refused?.count ?? 0;
  const last = lastRefusalSays ?? lastRefusal;
  return count === 1 ? say.oneRefusal(last) : say.refusals(count, last);
}

/** A Host header without its port. */
function bare(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}
