/** `router.js export --to litellm`: the configuration as a folder for a LiteLLM proxy. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { settingsFromEnvironment } from '../config/environment';
import { exportLiteLlm } from '../config/formats/exportLiteLlm';
import { validateSettings } from '../settings/check';
import type { ExportArguments } from './commandLine';
import { findConfigFile, readConfigFile } from './configFile';
import { folderTrouble } from './folderTrouble';
import { type HeadlessWorld, readEnvironment } from './headless';

/** Resolves to the exit code: 2 when the configuration or the folder cannot be used. */
export async function runExportCommand(
  { config, envFile, out, force }: ExportArguments,
  world: Pick<HeadlessWorld, 'cwd' | 'env' | 'stdout' | 'stderr'>,
): Promise<number> {
  const say = (line: string) => world.stderr.write(`${line}\n`);
  const env = readEnvironment({ envFile }, world);
  const file = config ? path.resolve(world.cwd, config) : await findConfigFile(world.cwd, env);
  const { settings, problems } = file
    ? (await readConfigFile(file, env)).loaded
    : validateSettings(settingsFromEnvironment(env, []));
  for (const { line, message, severity } of problems) {
    // What is odd but usable was told when the router started with it.
    if (severity === 'error') say(`${[file, line].filter((part) => part !== undefined).join(':')}: ${message}`);
  }
  if (!settings) return 2;
  const folder = path.resolve(world.cwd, out);
  const files = exportLiteLlm(settings).map((one) => ({ ...one, file: path.join(folder, one.path) }));
  const present = (await Promise.all(files.map(async (one) => ((await exists(one.file)) ? [one.path] : [])))).flat();
  if (present.length > 0 && !force) {
    say(`${folder} already has ${present.join(', ')}. Choose another folder, or add --force to replace them.`);
    return 2;
  }
  try {
    await mkdir(folder, { recursive: true });
    for (const one of files) await writeFile(one.file, one.text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    say(
      `${folder} cannot be written: ${folderTrouble(error as Error) ?? code ?? message}. Name another one with --out.`,
    );
    return 2;
  }
  world.stdout.write(
    `Written to ${folder}: ${files.map((one) => one.path).join(', ')}. Its README.md says how to go on.\n`,
  );
  return 0;
}

async function exists(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}
