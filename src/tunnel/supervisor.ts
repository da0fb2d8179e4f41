/**
 * The one supervisor for every provider: start, verify, watch, repair, and say so. It decides when; a Driver knows how.
 * One loop reads events from one mailbox, so nothing happens twice at the same time.
 */
import { isDeepStrictEqual } from 'node:util';
import { errorWords, type Said } from '../said';
import { type AttendEnd, attendLink, type Note } from './attend';
import { type Driver, type Link, TunnelProblem } from './driver';
import { createMailbox } from './mailbox';
import { say } from './sentences';
import type { Shown, Tunnel, TunnelStateName, TunnelStatus } from './tunnel';
import type { Verifier } from './verifier';
import type { Clock } from './world';

export interface SupervisorOptions {
  driver: Driver;
  verifier: Verifier;
  clock: Clock;
  localPort: number;
  log(level: 'error' | 'warn' | 'info' | 'debug', line: string): void;
}

/** Waits before a respawn, milliseconds; starts over after a minute online. */
const SPACING = [0, 1_000, 2_000, 5_000, 15_000, 30_000];
/** Waits after a failure that says no date of its own; start over after a minute online. */
const RETRY_WAITS = [5_000, 15_000, 30_000, 60_000, 120_000, 300_000];
/** What only a person can mend is looked at again this often: it may be mended where we cannot see it. */
const LOOK_AGAIN = 600_000;
/** No wait with a date is longer. */
const LONGEST_WAIT = 1_800_000;
/** A shorter wait with a date is that of a look again and again: telling each would be a line a minute. */
const TOLD_FROM = 60_000;
/** Sentences that tell the time of the next try themselves. */
const DATED: ReadonlySet<string> = new Set(['tunnel.rateLimited', 'tunnel.requestFailed']);
/** A refusal may pass (cloudflared itself tries on): so often the same credentials are shown again before their URL is given up. */
const REFUSED_WAITS = [5_000, 10_000, 20_000, 40_000, 60_000];
const OFFLINE_WAIT = 5_000;
const STABLE_AFTER = 60_000;
/** A program that ends so often before it has registered is broken, not unlucky. */
const BROKEN_AFTER = 3;

export function superviseTunnel({ driver, verifier, clock, localPort, log: write }: SupervisorOptions): Tunnel {
  const listeners = new Set<(status: TunnelStatus) => void>();
  const inbox = createMailbox<Note>(clock);
  let status: TunnelStatus = { state: 'off', provider: driver.provider, since: clock.now() };
  let life: { done: Promise<void>; abort: AbortController; keep: boolean } | undefined;
  let replacedUrl: string | undefined;
  /** Failures without a date since it last worked. */
  let failures = 0;
  let checkingUrl: string | undefined;

  /** Who is told, the log or a listener, ends no supervision by failing. */
  const log: typeof write = (level, line) => {
    try {
      write(level, line);
    } catch {}
  };
  function tell(listener: (status: TunnelStatus) => void): void {
    try {
      listener(status);
    } catch (error) {
      log('error', `tunnel listener: ${(error as Error).stack}`);
    }
  }

  function show(state: TunnelStateName, { says, ...fields }: Shown = {}): void {
    const { publicUrl, protocol, location } = status;
    const next: TunnelStatus = {
      state,
      provider: driver.provider,
      since: state === status.state ? status.since : clock.now(),
      ...(publicUrl && { publicUrl }),
      ...(protocol && { protocol }),
      ...(location && { location }),
      ...(replacedUrl && { replacedUrl }),
      ...fields,
      ...(says && { message: says.text, says }),
    };
    if (checkingUrl && checkingUrl !== next.publicUrl) next.checkingUrl = checkingUrl;
    for (const key of Object.keys(next) as (keyof TunnelStatus)[]) if (next[key] === undefined) delete next[key];
    if (isDeepStrictEqual(next, status)) return;
    const told = next.state !== status.state || next.message !== status.message;
    status = next;
    if (told)
      log(state === 'error' || state === 'blocked' ? 'error' : 'info', `tunnel ${state}: ${next.message ?? ''}`.trim());
    for (const listener of [...listeners]) tell(listener);
  }

  /** Tells the problem with the time of the next try, and waits for it. */
  async function waitOut({ state, said, details }: TunnelProblem): Promise<'time' | 'check' | 'renew' | 'stop'> {
    // Bounded: a date that was stored by another clock must not hold us up.
    const wait =
      details.retryAt === undefined
        ? undatedWait(details.person)
        : Math.min(Math.max(0, details.retryAt - clock.now()), LONGEST_WAIT);
    const until = clock.now() + wait;
    // Each problem whose wait is long and that does not tell its date itself.
    const untold = details.retryAt === undefined || (wait > TOLD_FROM && !DATED.has(said.code));
    const byItself = untold && !details.person && !details.missingBinary;
    show(state, {
      says: byItself ? say.andNextTry(said, until) : said,
      until,
      needsBinary: details.missingBinary || undefined,
    });
    return pause(wait);
  }

  function undatedWait(person: boolean | undefined): number {
    if (person) return LOOK_AGAIN;
    const wait = RETRY_WAITS[Math.min(failures, RETRY_WAITS.length - 1)]!;
    failures += 1;
    return wait;
  }

  /** Waits until it is time, or a person or a stop interrupts. Other notes belong to a link that is gone. */
  async function pause(ms: number): Promise<'time' | 'check' | 'renew' | 'stop'> {
    const end = clock.steady() + ms;
    for (;;) {
      const note = await inbox.take(end - clock.steady());
      if (!note) return 'time';
      if (note.type === 'check' || note.type === 'renew' || note.type === 'stop') return note.type;
    }
  }

  /** A new URL instead of the present one. Only when the old one is dead or a person asked. */
  async function giveUpUrl(asked: boolean): Promise<void> {
    const old = status.publicUrl ?? driver.knownUrl();
    await driver.forget(asked);
    replacedUrl = old ?? replacedUrl;
    show('requesting', {
      publicUrl: undefined,
      protocol: undefined,
      location: undefined,
      says: old ? (asked ? say.urlRenewed(old) : say.urlDead(old)) : say.requesting,
    });
  }

  /** Not even the public side of the service can be reached, whatever it would answer. */
  async function isOffline(url: string, signal: AbortSignal): Promise<boolean> {
    const result = await unlessStopped(verifier.health(url, driver.dial), signal);
    return result !== undefined && !result.ok && result.kind === 'unreachable';
  }

  /** Starts the program until it runs; undefined when stopped meanwhile. */
  async function open(again: boolean, doubt: boolean, signal: AbortSignal): Promise<Link | undefined> {
    for (;;) {
      try {
        const repairing = status.state === 'reconnecting';
        return await driver.open({
          again,
          doubt,
          signal,
          report: (state, said) => show(repairing ? 'reconnecting' : state, { says: repairing ? status.says : said }),
        });
      } catch (error) {
        if (signal.aborted) return undefined;
        const next = await waitOut(asProblem(error));
        if (next === 'stop') return undefined;
        if (next === 'renew') await giveUpUrl(true);
      }
    }
  }

  /** Nothing thrown ends the supervision: it is told, and everything begins anew after a wait. */
  async function live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await supervise(signal);
      } catch (error) {
        log('error', `tunnel supervisor: ${(error as Error).stack}`);
        const next = signal.aborted ? 'stop' : await waitOut(asProblem(error));
        if (next === 'stop') return;
        if (next === 'renew') await driver.forget(true).catch(() => {});
      }
    }
  }

  async function supervise(signal: AbortSignal): Promise<void> {
    show('connecting', { says: say.connecting(undefined), publicUrl: driver.knownUrl() });
    let link = await driver.adopt(signal).catch(() => undefined);
    const lost = link ? undefined : driver.lost?.();
    if (lost) {
      log('error', lost.note);
      replacedUrl ??= lost.url;
    }
    let respawns = 0;
    let refusals = 0;
    let stillborn = 0;
    let started = false;
    let wasOnline = false;
    for (;;) {
      link ??= await open(started, stillborn > 0, signal);
      if (!link) return;
      started = true;
      const end = await attendLink(link, {
        driver,
        verifier,
        clock,
        localPort,
        inbox,
        show,
        status: () => status,
        replacedUrl: () => replacedUrl,
        checking: (url) => {
          checkingUrl = url;
        },
      }).catch((error): AttendEnd => ({ why: 'problem', problem: asProblem(error) }));
      checkingUrl = undefined;
      if (end.why === 'stop' && life?.keep) link.leave();
      else await link.close().catch((error: Error) => log('error', `The tunnel program: ${error.message}`));
      const url = link.publicUrl;
      link = undefined;
      if (end.onlineMs !== undefined) {
        wasOnline = true;
        refusals = stillborn = 0;
        if (end.onlineMs >= STABLE_AFTER) respawns = failures = 0;
      }
      const next = await recover(end, url);
      if (next === 'stop') return;
    }

    /** What each ending asks for (the failure table). Resolves when it is time to open again. */
    async function recover(end: AttendEnd, url: string | undefined): Promise<'open' | 'stop'> {
      switch (end.why) {
        case 'stop':
          return 'stop';
        case 'renew':
          await giveUpUrl(true);
          return 'open';
        case 'urlDead':
          return replaceUrl();
        case 'refused':
          return refused(url);
        case 'silent': {
          // Without any network, another transport is no answer, and what works afterwards proves nothing about this one.
          if (url && (await isOffline(url, signal))) return after(await waitOut(offline(wasOnline)));
          const says = driver.fallBack();
          if (says) {
            show(status.state === 'reconnecting' ? 'reconnecting' : 'connecting', { says });
            return 'open';
          }
          return after(await waitOut(driver.nothingConnects()));
        }
        case 'problem':
          return after(await waitOut(end.problem));
        case 'exited':
          if (!end.registered) stillborn += 1;
          if (!end.registered && (!wasOnline || stillborn >= BROKEN_AFTER))
            return after(
              await waitOut(new TunnelProblem('error', say.startFailed(driver.program, end.code, end.lines))),
            );
          return respawn(say.reconnecting);
        case 'lost':
          return respawn(say.reconnecting);
        case 'halfDead':
          return respawn(say.halfDead);
      }
    }

    async function refused(url: string | undefined): Promise<'open' | 'stop'> {
      // With a URL that cannot be lost, the person is told after the second.
      const wait = driver.renewable || refusals === 0 ? REFUSED_WAITS[refusals] : undefined;
      refusals += 1;
      if (wait === undefined || (refusals > 1 && (await isForgotten(url)))) {
        refusals = 0;
        return replaceUrl();
      }
      show(wasOnline ? 'reconnecting' : 'connecting', { says: driver.renewable ? say.refusedOnce : say.refusedFixed });
      return after(await pause(wait));
    }

    /** Refused, and a name that once worked is unknown to the world: that does not pass. */
    async function isForgotten(url: string | undefined): Promise<boolean> {
      if (!url || driver.knownUrl() !== url) return false;
      return (await unlessStopped(verifier.resolves(new URL(url).hostname), signal)) === 'no';
    }

    function offline(wasOnline: boolean): TunnelProblem {
      return new TunnelProblem(wasOnline ? 'reconnecting' : 'error', say.offline, {
        retryAt: clock.now() + OFFLINE_WAIT,
      });
    }

    async function respawn(says: Said): Promise<'open' | 'stop'> {
      show(wasOnline ? 'reconnecting' : 'connecting', { says });
      const wait = SPACING[Math.min(respawns, SPACING.length - 1)]!;
      respawns += 1;
      return wait === 0 ? 'open' : after(await pause(wait));
    }

    async function replaceUrl(): Promise<'open' | 'stop'> {
      if (!driver.renewable) return after(await waitOut(driver.refused()));
      await giveUpUrl(false);
      return 'open';
    }

    async function after(what: 'time' | 'check' | 'renew' | 'stop'): Promise<'open' | 'stop'> {
      if (what === 'stop') return 'stop';
      if (what === 'renew') await giveUpUrl(true);
      return 'open';
    }
  }

  async function start(): Promise<void> {
    if (life) return;
    const abort = new AbortController();
    const mine = { abort, keep: false, done: Promise.resolve() };
    life = mine;
    mine.done = live(abort.signal);
  }

  async function stop({ keepRunning = false } = {}): Promise<void> {
    if (!life) return;
    const ending = life;
    ending.keep = keepRunning;
    ending.abort.abort();
    inbox.post({ type: 'stop' });
    await ending.done;
    if (life !== ending) return;
    life = undefined;
    inbox.clear();
    show('off', { publicUrl: undefined, protocol: undefined, location: undefined });
  }

  return {
    get status() {
      return status;
    },
    start,
    stop,
    check: () => life && inbox.post({ type: 'check' }),
    async renewUrl() {
      if (!driver.renewable) throw new Error(say.urlFixed.text);
      if (life) inbox.post({ type: 'renew' });
      else await driver.forget(true);
    },
    onDidChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** What a look from outside says; undefined: it failed, or the stop came first. */
async function unlessStopped<T>(look: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let stop = () => {};
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([look, stopped]);
  } catch {
    return undefined;
  } finally {
    // The signal lives as long as the tunnel.
    signal.removeEventListener('abort', stop);
  }
}

const asProblem = (error: unknown) =>
  error instanceof TunnelProblem ? error : new TunnelProblem('error', say.couldNotStart(errorWords(error)));
