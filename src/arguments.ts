/** What stands behind a command on the command line, read once for all commands. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * Node's parseArgs, its refusals as one sentence without the last dot.
 * @throws Error for arguments that cannot be used.
 */
export function parseArguments<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Without the hint how to pass a name that begins with a dash: no command takes one.
    const [sentence = ''] = (error as Error).message.split('. To specify a positional');
    throw new Error(sentence.replaceAll('\n', ' ').replace(/\.$/, ''));
  }
}
