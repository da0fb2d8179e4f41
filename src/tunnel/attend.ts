/** One link from its start to its end: connected, verified, watched. Says how it ended; what follows is the supervisor's. */
import { errorWords, type Said } from '../said';
import type { Connected, Driver, Link, LinkEvent, TunnelProblem } from './driver';
import type { Mailbox } from './mailbox';
import { say } from './sentences';
import type { Shown, TunnelStateName, TunnelStatus } from './tunnel';
import type { HealthResult, StreamResult, Verifier } from './verifier';
import type { Clock } from './world';

/** Everything that can happen. Answers carry the link they were asked for, because it may be gone by then. */
export type Note =
  | { type: 'check' }
  | { type: 'renew' }
  | { type: 'stop' }
  | { type: 'link'; link: Link; event: LinkEvent }
  | { type: 'connected'; link: Link; value: Connected }
  | { type: 'health'; link: Link; result: HealthResult }
  | { type: 'stream'; link: Link; result: StreamResult }
  | { type: 'name'; link: Link; result: 'yes' | 'no' | 'unknown' };

/** `onlineMs`: how long it was online; undefined if never. */
export type AttendEnd = { onlineMs?: number } & (
  | { why: 'stop' | 'renew' | 'silent' | 'refused' | 'lost' | 'halfDead' | 'urlDead' }
  | { why: 'exited'; code: string; lines: string[]; registered: boolean }
  | { why: 'problem'; problem: TunnelProblem }
);
type End = AttendEnd extends infer E ? (E extends { onlineMs?: number } ? Omit<E, 'onlineMs'> : never) : never;

export interface AttendContext {
  driver: Driver;
  verifier: Verifier;
  clock: Clock;
  localPort: number;
  inbox: Mailbox<Note>;
  show(state: TunnelStateName, fields?: Shown): void;
  status(): TunnelStatus;
  replacedUrl(): string | undefined;
  /** This is being checked now: it comes into every status until it is the public URL. */
  checking(url: string | undefined): void;
}

const PROBE_ONLINE = 60_000;
const PROBE_ELSE = 5_000;
/** A fresh tunnel answers 530 for up to a minute. */
const PATIENCE = 60_000;
/** A URL that stands already has no such excuse. */
const STANDING_PATIENCE = 9_000;
/** Later than planned by this much means that the machine slept. */
const DRIFT = 15_000;
/** Rounds without any answer about the name after which it is not waited for. */
const NAME_UNKNOWN_ROUNDS = 2;
/** How often a working URL is noted on disk. */
const NOTE_EVERY = 600_000;

export async function attendLink(link: Link, context: AttendContext): Promise<AttendEnd> {
  const { driver, verifier, clock, inbox, show, status } = context;
  let registered = link.registered;
  let url = link.publicUrl;
  const proven = { stream: false, name: false };
  let onlineSince: number | undefined;
  let lostSince: number | undefined;
  let failures = 0;
  let nameMissingSince: number | undefined;
  let nameUnknown = 0;
  let notedAt = Number.NEGATIVE_INFINITY;
  let probing = false;
  let polling = false;
  let began = clock.steady();
  let silentBy = link.standing ? began + STANDING_PATIENCE : Number.POSITIVE_INFINITY;
  let nextPoll = began + link.pollMs;
  let nextProbe = registered ? began : Number.POSITIVE_INFINITY;
  const known = url !== undefined && driver.knownUrl() === url;

  const isOnline = () => onlineSince !== undefined;
  const ended = (end: End): AttendEnd =>
    ({ ...end, onlineMs: onlineSince === undefined ? undefined : clock.steady() - onlineSince }) as AttendEnd;
  const post = (note: Note) => inbox.post(note);
  /** While a URL that worked is being repaired, a person sees one word for it. */
  const repairing = () => status().state === 'reconnecting' && status().publicUrl !== undefined;
  const showVerifying = (said: Said, fields: Shown = {}) =>
    show(repairing() ? 'reconnecting' : 'verifying', { says: repairing() ? status().says : said, ...fields });

  link.onEvent((event) => post({ type: 'link', link, event }));
  if (registered) {
    context.checking(url);
    showVerifying(say.verifying);
  }

  for (;;) {
    const connectBy = registered ? Number.POSITIVE_INFINITY : began + driver.connectMs();
    const due = Math.min(nextPoll, nextProbe, connectBy, silentBy);
    const planned = Math.max(due, clock.steady());
    const note = await inbox.take(planned - clock.steady());
    if (clock.steady() - planned > DRIFT) wake();
    const end = note ? handle(note) : undefined;
    if (end) return ended(end);
    if (!registered && clock.steady() >= connectBy) return ended({ why: 'silent' });
    if (clock.steady() >= silentBy) tellSilence();
    askWhatIsDue();
  }

  function tellSilence(): void {
    silentBy = Number.POSITIVE_INFINITY;
    show('degraded', {
      says: driver.misled
        ? say.verifyingLong(driver.misled)
        : say.answersNothing(new URL(url!).hostname, context.localPort),
    });
  }

  function askWhatIsDue(): void {
    if (!polling && clock.steady() >= nextPoll) {
      polling = true;
      nextPoll = Number.POSITIVE_INFINITY;
      void link
        .connected()
        .catch(() => undefined)
        .then((value) => post({ type: 'connected', link, value }));
    }
    if (!probing && registered && clock.steady() >= nextProbe) {
      probing = true;
      nextProbe = Number.POSITIVE_INFINITY;
      void verifier
        .health(url!, driver.dial)
        .catch(unreachable)
        .then((result) => post({ type: 'health', link, result }));
    }
  }

  function wake(): void {
    if (!polling) nextPoll = clock.steady();
    if (registered && !probing) nextProbe = clock.steady();
  }

  function handle(note: Note): End | undefined {
    if (note.type === 'stop' || note.type === 'renew') return { why: note.type };
    if (note.type === 'check') {
      wake();
      return undefined;
    }
    if (note.link !== link) return undefined;
    if (note.type === 'link') return onLinkEvent(note.event);
    if (note.type === 'connected') return onConnected(note.value);
    if (note.type === 'health') return onHealth(note.result);
    if (note.type === 'stream') return onStream(note.result);
    return onName(note.result);
  }

  function onLinkEvent(event: LinkEvent): End | undefined {
    switch (event.type) {
      case 'registered':
        registered = true;
        began = clock.steady();
        lostSince = undefined;
        url = event.publicUrl ?? url;
        context.checking(url);
        if (isOnline())
          show(status().state, { says: status().says, protocol: event.transport, location: event.location });
        else showVerifying(say.verifying, { protocol: event.transport, location: event.location });
        if (!probing) nextProbe = clock.steady();
        return undefined;
      case 'lost':
        if (!polling) nextPoll = clock.steady();
        return undefined;
      case 'originDown':
        // Our own failed probe is logged as well: only the first line brings a look forward.
        if (isOnline() && !probing && failures === 0) nextProbe = clock.steady();
        return undefined;
      case 'blocked':
        return registered ? undefined : { why: 'silent' };
      case 'refused':
        return { why: 'refused' };
      case 'failed':
        return { why: 'problem', problem: event.problem };
      case 'exited':
        return { why: 'exited', code: event.code, lines: event.lines, registered };
    }
  }

  /** The program's own word on its connection, every 2 s. */
  function onConnected(value: Connected): End | undefined {
    polling = false;
    nextPoll = clock.steady() + link.pollMs;
    if (value === 'unasked') return undefined;
    if (!registered) {
      // Its own word counts as much as a line in its log, which a full disk may have swallowed.
      return value && url !== undefined ? onLinkEvent({ type: 'registered' }) : undefined;
    }
    if (value) {
      if (lostSince === undefined) return undefined;
      lostSince = undefined;
      if (!probing) nextProbe = clock.steady();
      return undefined;
    }
    lostSince ??= clock.steady();
    if (isOnline()) show('reconnecting', { says: say.reconnecting });
    const patience = lostSince + link.lostAfterMs;
    if (clock.steady() >= patience) return { why: 'lost' };
    nextPoll = Math.min(nextPoll, patience);
    return undefined;
  }

  function onHealth(result: HealthResult): End | undefined {
    probing = false;
    if (result.ok || 'status' in result) silentBy = Number.POSITIVE_INFINITY;
    if (result.ok) {
      failures = 0;
      if (!proven.stream) return ask('stream');
      return ask('name');
    }
    failures += 1;
    // Twice in a row counts, except for a fresh tunnel, whose edge needs its time.
    nextProbe = clock.steady() + PROBE_ELSE;
    if (lostSince !== undefined || failures < 2) return undefined;
    // What did not leave this machine proves nothing; the service's own silence does where the program could not know.
    const gone = result.kind === 'gone' || (result.kind === 'unanswered' && !link.honest);
    if (isOnline() && gone) return { why: 'halfDead' };
    const early = clock.steady() - began < PATIENCE;
    if (!isOnline() && early && ['gone', 'unreachable', 'unanswered'].includes(result.kind)) return undefined;
    if (!isOnline() && result.kind === 'gone' && driver.renewable) return { why: 'halfDead' };
    show('degraded', { says: explain(result) });
    return undefined;
  }

  function explain(result: Exclude<HealthResult, { ok: true }>): Said {
    switch (result.kind) {
      case 'origin':
        return driver.misled ? say.verifyingLong(driver.misled) : say.originDown(context.localPort);
      case 'busy':
        return say.busy;
      case 'unreachable':
      case 'unanswered':
        return result.cut && driver.cutOff ? driver.cutOff : say.notProven(result.why);
      case 'silent':
        return say.verifyingLong(say.silent);
      case 'gone':
      case 'foreign':
      case 'status':
        return say.verifyingLong(driver.misled ?? driver.explainStatus(result.status, result.code));
    }
  }

  function ask(what: 'stream' | 'name'): undefined {
    probing = true;
    if (what === 'stream')
      void verifier
        .stream(url!, driver.dial)
        .catch((error: unknown): StreamResult => ({ ok: false, kind: 'failed', why: errorWords(error) }))
        .then((result) => post({ type: 'stream', link, result }));
    else
      void verifier
        .resolves(new URL(url!).hostname)
        .catch(() => 'unknown' as const)
        .then((result) => post({ type: 'name', link, result }));
  }

  function onStream(result: StreamResult): End | undefined {
    probing = false;
    if (result.ok) {
      proven.stream = true;
      return ask('name');
    }
    nextProbe = clock.steady() + (result.kind === 'buffered' ? PROBE_ONLINE : PROBE_ELSE);
    show('degraded', { says: result.kind === 'buffered' ? say.notStreaming : say.streamFailed(result.why) });
    return undefined;
  }

  function onName(result: 'yes' | 'no' | 'unknown'): End | undefined {
    probing = false;
    nextProbe = clock.steady() + (isOnline() ? PROBE_ONLINE : PROBE_ELSE);
    if (result === 'yes') {
      nameMissingSince = undefined;
      proven.name = true;
      return goOnline();
    }
    if (result === 'unknown') {
      nameUnknown += 1;
      // A network that hides the answer must not keep a proven tunnel from being used.
      return proven.name || known || nameUnknown >= NAME_UNKNOWN_ROUNDS ? goOnline() : undefined;
    }
    nameMissingSince ??= clock.steady();
    nextProbe = clock.steady() + PROBE_ELSE;
    const missing = clock.steady() - nameMissingSince;
    if (driver.renewable && (proven.name || known) && missing >= (isOnline() ? PROBE_ELSE : PATIENCE))
      return { why: 'urlDead' };
    if (!driver.renewable) show('degraded', { says: say.nameUnknown(new URL(url!).hostname) });
    else if (!isOnline()) showVerifying(say.verifyingName);
    return undefined;
  }

  function goOnline(): undefined {
    nextProbe = clock.steady() + PROBE_ONLINE;
    // The program says that its connection is gone: the next answers decide.
    if (lostSince !== undefined) return;
    onlineSince ??= clock.steady();
    if (clock.steady() - notedAt >= NOTE_EVERY) {
      notedAt = clock.steady();
      driver.proven(url!);
    }
    const old = context.replacedUrl();
    const changed = old !== undefined && old !== url;
    show('online', { publicUrl: url, says: changed ? say.urlChanged(old, url!) : say.online });
  }
}

/** A probe that failed by itself (no file left for a socket, say) proves as little as one that did not leave the machine. */
const unreachable = (error: Error): HealthResult => ({ ok: false, kind: 'unreachable', why: errorWords(error) });
