/** The hops inside this machine: settings, the one process, its port, a request of our own. */

import path from 'node:path';
import { doorOf, newHealthNonce } from '../network/healthProof';
import { listClaims } from '../process/claims';
import type { Problem } from '../settings/problem';

import { isAlive } from '../system/processes';
import { type Answer, ask } from '../upstream/ask';
import { describeNetworkError } from '../upstream/networkErrors';
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

const LOCAL_MS = 5_000;
const REFUSED_KEY = "It is a provider's key, too, and a provider's key never opens the router.";

export function routerChecks(facts: DoctorFacts): Check[] {
  return [
    { id: 'settings', title: 'Settings', limitMs: 1_000, look: async () => settingsFinding(facts) },
    { id: 'process', title: 'Router process', limitMs: 2_000, look: () => processFinding(facts) },
    { id: 'port', title: 'Port', limitMs: 1_000, look: async () => portFinding(facts) },
    { id: 'local', title: 'Local request', limitMs: LOCAL_MS, look: (signal) => localFinding(facts, signal) },
  ];
}

function settingsFinding({ problems, settings }: DoctorFacts): Finding {
  const wrong = problemsFinding(problems);
  if (wrong) return wrong;
  const [count, aliases] = [settings.backends.length, Object.keys(settings.aliases).length];
  const words = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`;
  return ok(`Valid: ${words(count, 'backend', 'backends')}, ${words(aliases, 'alias', 'aliases')}.`);
}

/** The errors among the problems, else the warnings; undefined when there are none. */
export function problemsFinding(problems: readonly Problem[]): Finding | undefined {
  const errors = problems.filter((problem) => problem.severity === 'error');
  const told = errors.length > 0 ? errors : problems;
  const [first] = told;
  if (!first) return undefined;
  const sentences = told.slice(0, 3).map(({ path: at, line, message }) => {
    const place = [at, ...(line === undefined ? [] : [`line ${line}`])].filter((part) => part !== '').join(', ');
    return `${place === '' ? '' : `${place}: `}${message}`;
  });
  const why = `${sentences.join(' ')}${told.length > 3 ? ` And ${told.length - 3} more.` : ''}`;
  return errors.length > 0
    ? failed(why, 'Correct it; until then the last good settings stay in force.', openSetting(first.path))
    : warning(why, 'Correct it when something does not work as expected.', openSetting(first.path));
}

async function processFinding({ request, version, dataDir, listener }: DoctorFacts): Promise<Finding> {
  const { windowVersion } = request;
  if (windowVersion !== undefined && windowVersion !== version)
    return failed(
      `The router is version ${version}, the extension in this window is ${windowVersion}.`,
      'Reload the window, so that both are the same.',
      RELOAD,
    );
  if (listener?.attached) return ok(`A router of this installation runs already and answers on port ${listener.port}.`);
  const run = path.join(dataDir, 'run');
  const claims = await listClaims({ dataDir, run, logs: '', logFile: '', outputFile: '' }).catch(() => []);
  const others = claims.flatMap(({ claim }) =>
    claim && claim.pid !== process.pid && isAlive(claim.pid) ? [claim] : [],
  );
  const [other] = others;
  if (other)
    return warning(
      `Besides this one (process ${process.pid}) an older router runs, process ${other.pid}, version ${other.version}.`,
      'It ends by itself when its last streams have ended, after 10 minutes at most.',
    );
  return ok(`One router, version ${version}, process ${process.pid}.`);
}

function portFinding({ listener, settings, phase }: DoctorFacts): Finding {
  if (!listener)
    return phase === 'starting'
      ? warning('The router is just starting.', 'Run the Doctor again in a moment.')
      : failed('The router is stopped, so nothing listens.', 'Start the router.', START);
  const { host, port, attached } = listener;
  if (settings.port !== 0 && port !== settings.port && !attached)
    return warning(
      `Port ${settings.port} is taken by another program, so the router listens on ${port}.`,
      `End the other program, or write another number into llmRouter.port, then restart the router.`,
      openSetting('port'),
    );
  return ok(`Listens on ${host}, port ${port}.`);
}

/** The health proof, then a chat request to the built-in model with the client key. */
async function localFinding(facts: DoctorFacts, signal: AbortSignal): Promise<Finding> {
  const { listener, send, now } = facts;
  if (!listener) return skipped('Nothing listens.');
  const origin = localOrigin(listener);
  const common = { send, ms: LOCAL_MS - 500, signal, now };
  const nonce = newHealthNonce();
  const health = await ask({
    ...common,
    request: { method: 'GET', url: new URL(`${origin}/health?nonce=${nonce}`), headers: {}, local: true },
  });
  if ('error' in health)
    return failed(
      describeNetworkError(health.error, `Port ${listener.port}`, false),
      'Restart the router. A firewall or virus scanner may block connections inside this machine.',
      RESTART,
    );
  if (!isOurs(health, facts.healthProof({ nonce, door: doorOf(new URL(origin).hostname), port: listener.port })))
    return failed(
      `Another program answers on port ${listener.port}.`,
      'End it, or write another number into llmRouter.port, then restart the router.',
      openSetting('port'),
    );
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
  if ('error' in chat)
    return failed(describeNetworkError(chat.error, 'The router', false), 'Restart the router.', RESTART);
  if (chat.status === 401)
    return facts.refusedKeys.includes('main')
      ? failed(
          `The router refuses its own API key. ${REFUSED_KEY}`,
          'Give the router a key of its own: Copy API Key offers a new one.',
          COPY_KEY,
        )
      : failed('The router refuses its own API key.', 'Copy the API key anew and restart the router.', COPY_KEY);
  if (chat.status !== 200)
    return failed(
      `The built-in model answered with HTTP ${chat.status}.`,
      'Restart the router; its log says more.',
      RESTART,
    );
  const [guest] = facts.refusedKeys;
  if (guest !== undefined)
    return warning(
      `The client key "${guest}" opens nothing. ${REFUSED_KEY}`,
      'Give it a secret of its own.',
      openSetting('clientKeys'),
    );
  return ok(`The built-in model demo/echo answered in ${Math.round(now() - begun)} ms.`);
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
  title: 'Backends',
  limitMs: 1_000,
  look: async () =>
    warning('There is no backend, so only the built-in model demo/echo answers.', 'Add a backend.', ADD_BACKEND),
};
