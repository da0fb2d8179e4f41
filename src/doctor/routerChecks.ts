/** The hops inside this machine: settings, the one process, its port, a request of our own. */

import path from 'node:path';
import { doorOf, newHealthNonce } from '../network/healthProof';
import { listClaims } from '../process/claims';
import type { Words } from '../said';
import type { Problem } from '../settings/problem';

import { isAlive } from '../system/processes';
import { type Answer, ask } from '../upstream/ask';
import { networkSaid } from '../upstream/networkErrors';
import {
  ADD_BACKEND,
  type Check,
  COPY_KEY,
  type Finding,
  failed,
  ok,
  openSetting,
  RELOAD,
  RESTART,
  START,
  skipped,
  warning,
} from './check';
import { type DoctorFacts, localOrigin } from './facts';
import { say } from './sentences';

const LOCAL_MS = 5_000;

export function routerChecks(facts: DoctorFacts): Check[] {
  return [
    { id: 'settings', title: say.settings, limitMs: 1_000, look: async () => settingsFinding(facts) },
    { id: 'process', title: say.process, limitMs: 2_000, look: () => processFinding(facts) },
    { id: 'port', title: say.port, limitMs: 1_000, look: async () => portFinding(facts) },
    { id: 'local', title: say.local, limitMs: LOCAL_MS, look: (signal) => localFinding(facts, signal) },
  ];
}

function settingsFinding({ problems, settings }: DoctorFacts): Finding {
  const wrong = problemsFinding(problems);
  if (wrong) return wrong;
  const [count, aliases] = [settings.backends.length, Object.keys(settings.aliases).length];
  return ok(
    say.settingsValid(
      count === 1 ? say.oneBackend : say.backends(count),
      aliases === 1 ? say.oneAlias : say.aliases(aliases),
    ),
  );
}

/** The errors among the problems, else the warnings; undefined when there are none. */
export function problemsFinding(problems: readonly Problem[]): Finding | undefined {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const told = errors.length > 0 ? errors : problems;
  const [first] = told;
  if (!first) return undefined;
  const sentences = told.slice(0, 3).map(({ path: at, line, message, says }): Words => {
    const place = [at, ...(line === undefined ? [] : [`line ${line}`])].filter((part) => part !== '').join(', ');
    return place === '' ? (says ?? message) : say.atPlace(place, says ?? message);
  });
  const all = told.length > 3 ? [...sentences, say.andMore(told.length - 3)] : sentences;
  const why = all.reduce((before, next) => say.both(before, next));
  return errors.length > 0
    ? failed(why, say.settingsFix, openSetting(first.path))
    : warning(why, say.settingsCare, openSetting(first.path));
}

async function processFinding({ request, version, dataDir, listener }: DoctorFacts): Promise<Finding> {
  const { windowVersion } = request;
  if (windowVersion !== undefined && windowVersion !== version)
    return failed(say.otherVersion(version, windowVersion), say.otherVersionFix, RELOAD);
  if (listener?.attached) return ok(say.attached(listener.port));
  const run = path.join(dataDir, 'run');
  const claims = await listClaims({ dataDir, run, logs: '', logFile: '', outputFile: '' }).catch(() => []);
  const others = claims.flatMap(({ claim }) =>
    claim && claim.pid !== process.pid && isAlive(claim.pid) ? [claim] : [],
  );
  const [other] = others;
  if (other) return warning(say.olderRouter(process.pid, other.pid, other.version), say.olderRouterFix);
  return ok(say.oneRouter(version, process.pid));
}

function portFinding({ listener, settings, phase }: DoctorFacts): Finding {
  if (!listener)
    return phase === 'starting' ? warning(say.starting, say.startingFix) : failed(say.stopped, say.start, START);
  const { host, port, attached } = listener;
  if (settings.port !== 0 && port !== settings.port && !attached)
    return warning(say.portTaken(settings.port, port), say.portTakenFix, openSetting('port'));
  return ok(say.listens(host, port));
}

/** The health proof, then a chat request to the built-in model with the client key. */
async function localFinding(facts: DoctorFacts, signal: AbortSignal): Promise<Finding> {
  const { listener, send, now } = facts;
  if (!listener) return skipped(say.nothingListens);
  const origin = localOrigin(listener);
  const common = { send, ms: LOCAL_MS - 500, signal, now };
  const nonce = newHealthNonce();
  const health = await ask({
    ...common,
    request: { method: 'GET', url: new URL(`${origin}/health?nonce=${nonce}`), headers: {}, local: true },
  });
  if ('error' in health)
    return failed(networkSaid(health.error, say.thePort(listener.port), false), say.localBlocked, RESTART);
  if (!isOurs(health, facts.healthProof({ nonce, door: doorOf(new URL(origin).hostname), port: listener.port })))
    return failed(say.strangerOnPort(listener.port), say.strangerOnPortFix, openSetting('port'));
  const post = (route: string, key: string) =>
    ask({
      ...common,
      request: {
        method: 'POST',
        url: new URL(`${origin}/v1/${route}`),
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ model: 'demo/echo', messages: [{ role: 'user', content: 'Doctor' }] })),
        local: true,
      },
    });
  // The key that Cursor has is tried where nothing is answered by a model: that is no request of a person's.
  const tried = await post('messages/count_tokens', facts.clientKey);
  const begun = now();
  const refused = 'status' in tried && tried.status === 401;
  const chat = refused ? tried : await post('chat/completions', facts.probeKey);
  if ('error' in chat) return failed(networkSaid(chat.error, say.theRouter, false), say.restart, RESTART);
  if (chat.status === 401)
    return facts.refusedKeys.includes('main')
      ? failed(say.ownKeyIsProviders, say.ownKeyIsProvidersFix, COPY_KEY)
      : failed(say.ownKeyRefused, say.ownKeyRefusedFix, COPY_KEY);
  if (chat.status !== 200) return failed(say.echoStatus(chat.status), say.restartLog, RESTART);
  const [guest] = facts.refusedKeys;
  if (guest !== undefined)
    return warning(say.guestKeyIsProviders(guest), say.guestKeyIsProvidersFix, openSetting('clientKeys'));
  return ok(say.echoAnswered(Math.round(now() - begun)));
}

function isOurs({ status, text }: Answer, proof: string): boolean {
  try {
    return status === 200 && (JSON.parse(text) as { hmac?: unknown } | null)?.hmac === proof;
  } catch {
    return false;
  }
}

/** Stands in for the backends when there are none. */
export const noBackends: Check = {
  id: 'backends',
  title: say.backendsTitle,
  limitMs: 1_000,
  look: async () => warning(say.noBackend, say.noBackendFix, ADD_BACKEND),
};
