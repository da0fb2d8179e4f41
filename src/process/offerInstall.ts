/** Questions on a terminal: each is asked once. */
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { downloadHelps } from '../tunnel/tunnel';
import type { HeadlessArguments } from './commandLine';
import type { RouterCore } from './core';
import { createProgramConsent, type ProgramConsent } from './programConsent';
import type { Terminal } from './terminal';

/** Ctrl+C is read as a key here and no signal: it answers no, and ends the program as it would anywhere else. Ctrl+D is a no. */
export function askYes(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  interrupt: () => void = () => process.emit('SIGINT', 'SIGINT'),
  until?: AbortSignal,
): Promise<boolean> {
  const prompt = createInterface({ input, output, signal: until });
  return new Promise((resolve) => {
    prompt.once('close', () => resolve(false));
    // A terminal that is closed can neither be read nor left as it was found.
    prompt.on('error', () => resolve(false));
    prompt.once('SIGINT', () => {
      prompt.close();
      interrupt();
    });
    prompt.question(question, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      prompt.close();
    });
  });
}

/** Who was asked has ended the program instead of an answer; nothing has been started that would have to be wound down. */
export class LeftAtQuestion extends Error {
  readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(`Ended by ${signal} at a question.`);
    // As a shell tells it.
    this.exitCode = 128 + constants.signals[signal];
  }
}

interface Asked {
  env: Readonly<Record<string, string | undefined>>;
  terminal: Terminal;
  ending: AbortSignal;
}

interface Where {
  env: NodeJS.ProcessEnv;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

/** Nobody is asked twice, nor where nobody answers. */
export function consentTo(
  args: Pick<HeadlessArguments, 'json' | 'envFile' | 'config'>,
  { env: real, stdin, stdout }: Where,
  { env, terminal, ending }: Asked,
): ProgramConsent {
  const isThere = !args.json && stdin.isTTY === true && stdout.isTTY === true;
  const ask = async (question: string): Promise<boolean> => {
    const yes = await askYes(question, stdin, stdout, undefined, ending);
    if (ending.aborted) throw new LeftAtQuestion(ending.reason as NodeJS.Signals);
    // A terminal that is gone answers nothing.
    if (stdin.readableEnded || stdin.destroyed) throw new LeftAtQuestion('SIGHUP');
    return yes;
  };
  return createProgramConsent({
    fromEnvFile: () => (args.envFile || real.CLOUDFLARED_BIN ? undefined : env.CLOUDFLARED_BIN),
    foundConfig: args.config === undefined,
    say: (sentence) => terminal.log('warn', sentence),
    ...(isThere && { ask }),
  });
}

/** Asks once on a terminal whether cloudflared may be downloaded; otherwise it never downloads by itself. */
export async function offerInstall(
  core: RouterCore,
  args: Pick<HeadlessArguments, 'json' | 'installCloudflared'>,
  terminal: Terminal,
  world: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream },
): Promise<void> {
  if (args.json || args.installCloudflared || !world.stdin.isTTY || !world.stdout.isTTY) return;
  const missing = await new Promise<boolean>((resolve) => {
    const stop = core.onDidChange(({ tunnel }) => {
      if (!tunnel.needsBinary && tunnel.state !== 'online') return;
      stop();
      resolve(downloadHelps(tunnel));
    });
  });
  if (!missing) return;
  const question = 'cloudflared is not installed. Download it from its release page now (about 40 MB)? [y/N] ';
  if (!(await askYes(question, world.stdin, world.stdout))) return;
  let last = '';
  await core
    .installCloudflared(
      undefined,
      ({ message }) => {
        if (message !== last) terminal.log('warn', (last = message));
      },
      new AbortController().signal,
    )
    .catch((error: Error) => terminal.log('error', error.message));
}
