/**
 * What a test starts, as one file. The runners of the tests have made everything before, once, in the folder LLM_ROUTER_BUNDLES
 * (under Wine esbuild cannot run at all); the editor's tests and the bench have not.
 */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

interface Bundles {
  bundlePrograms(sources: string[], out: string): Promise<void>;
  bundleScripts(sources: string[], out: string, runtime: string): Promise<void>;
  bundleRouter(file: string, options: { version: string }): Promise<void>;
}

/** Test bundles run from a build folder: the module is found from where the tests are started. */
const bundles = (): Promise<Bundles> =>
  import(pathToFileURL(path.resolve('test/support/bundles.mjs')).href) as Promise<Bundles>;

/** An ES module. */
export async function bundleProgram(source: string, target: string): Promise<void> {
  await put(`${path.basename(source, '.ts')}.mjs`, target, async (folder) =>
    (await bundles()).bundlePrograms([source], folder),
  );
}

/** An executable script for the Node that runs the tests. */
export async function bundleScript(source: string, target: string): Promise<void> {
  mkdirSync(path.dirname(target), { recursive: true });
  await put(`${path.basename(source, '.ts')}.cjs`, target, async (folder) =>
    (await bundles()).bundleScripts([source], folder, process.execPath),
  );
  chmodSync(target, 0o755);
}

/** The router as another version. */
export async function bundleVersion(version: string, target: string): Promise<void> {
  const name = `router-${version}.cjs`;
  await put(name, target, async (folder) => (await bundles()).bundleRouter(path.join(folder, name), { version }));
}

async function put(name: string, target: string, make: (folder: string) => Promise<void>): Promise<void> {
  const made = process.env.LLM_ROUTER_BUNDLES;
  if (made !== undefined) return copyFileSync(path.join(made, name), target);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'llmr-bundle-'));
  try {
    await make(folder);
    copyFileSync(path.join(folder, name), target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
