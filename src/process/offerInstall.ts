/** Questions on a terminal; the one about cloudflared is asked once. */
import { createInterface } from 'node:readline';
import { downloadHelps } from '../tunnel/tunnel';
import type { HeadlessArguments } from './commandLine';
import type { RouterCore } from './core';
import type { Terminal } from './terminal';

/** Ctrl+C is read as a key here and no signal: it answers no, and ends the program as it would anywhere else. Ctrl+D is a no. */
export function askYes(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  interrupt: () => void = () => process.emit('SIGINT', 'SIGINT'),
): Promise<boolean> {
  const prompt = createInterface({ input, output });
  return new Promise((resolve) => {
    prompt.once('close', () => resolve(false));
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
