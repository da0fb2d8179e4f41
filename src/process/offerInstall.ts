/** Questions on a terminal; the one about cloudflared is asked once. */
import { createInterface } from 'node:readline/promises';
import type { HeadlessArguments } from './commandLine';
import type { RouterCore } from './core';
import type { Terminal } from './terminal';

export async function askYes(question: string, input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<boolean> {
  const prompt = createInterface({ input, output });
  return /^y(es)?$/i.test((await prompt.question(question).finally(() => prompt.close())).trim());
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
      resolve(tunnel.needsBinary === true);
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
