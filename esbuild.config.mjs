// Builds what ships: dist/router.js, dist/extension.js, dist/commands.js, dist/chat.js and the dashboard page, self-contained. `--watch` keeps building.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build, context } from 'esbuild';

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  metafile: true,
  logLevel: 'warning',
  // jsonc-parser's main file is UMD, which no bundler can follow.
  mainFields: ['module', 'main'],
  // zod probes `navigator`, which VS Code reports as a migration error.
  define: { navigator: 'undefined', __VERSION__: JSON.stringify(version) },
};

/** esbuild options of the router program; tests build it into a folder of their own. */
export function routerOptions(outfile) {
  return { ...shared, entryPoints: ['src/router.ts'], outfile };
}

export function extensionOptions(outfile) {
  return {
    ...shared,
    entryPoints: ['src/extension.ts'],
    outfile,
    external: ['vscode'],
    plugins: [leanJsonRpc, cardsAlone],
  };
}

/** Commands that are asked for rarely, loaded with the first of them. */
export function commandsOptions(outfile) {
  return { ...shared, entryPoints: ['src/editor/commands/rare.ts'], outfile, external: ['vscode'] };
}

/** What VS Code's own chat needs, loaded when the editor asks for our models. */
export function chatOptions(outfile) {
  return { ...shared, entryPoints: ['src/chat/main.ts'], outfile, external: ['vscode'] };
}

/**
 * The extension has a reader and a writer of its own and needs few of the calls' shapes: vscode-jsonrpc without its
 * transports, its shared memory and the getters of its index, 15 KB less. A name that is missing here does not build.
 */
const LEAN = {
  'vscode-jsonrpc': `require('vscode-jsonrpc/lib/node/ril').default.install();
    const { createMessageConnection, ConnectionError } = require('vscode-jsonrpc/lib/common/connection');
    const { CancellationTokenSource } = require('vscode-jsonrpc/lib/common/cancellation');
    const { ErrorCodes, NotificationType, ResponseError } = require('vscode-jsonrpc/lib/common/messages');
    const { AbstractMessageReader } = require('vscode-jsonrpc/lib/common/messageReader');
    const { AbstractMessageWriter } = require('vscode-jsonrpc/lib/common/messageWriter');
    export { AbstractMessageReader, AbstractMessageWriter, CancellationTokenSource, ConnectionError, createMessageConnection,
      ErrorCodes, NotificationType, ResponseError };`,
  // What the runtime layer takes of the index.
  '../common/api': `exports.RAL = require('vscode-jsonrpc/lib/common/ral').default;
    exports.Disposable = require('vscode-jsonrpc/lib/common/disposable').Disposable;
    exports.AbstractMessageBuffer = require('vscode-jsonrpc/lib/common/messageBuffer').AbstractMessageBuffer;`,
};
const leanJsonRpc = {
  name: 'lean-json-rpc',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(vscode-jsonrpc|\.\.\/common\/api)$/ }, ({ path: asked }) => ({
      path: asked,
      namespace: 'lean',
    }));
    onLoad({ filter: /.*/, namespace: 'lean' }, ({ path: asked }) => ({ contents: LEAN[asked], resolveDir: root }));
  },
};

/**
 * Of the known providers the editor shows the cards; what the router knows of them beside it stays out of its bundle. So the module
 * that takes the cards from the entries (routing/presetCards.ts) is run here, and its values stand in its place.
 */
const cardsAlone = {
  name: 'cards alone',
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]routing[\\/]presetCards\.ts$/ }, async ({ path: file }) => {
      const { outputFiles } = await build({ ...shared, entryPoints: [file], format: 'esm', write: false });
      const { PRESET_CARDS } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
      return { contents: `export const PRESET_CARDS = ${literal(PRESET_CARDS)};` };
    });
  },
};

/** Plain data with patterns in it, as JavaScript. */
function literal(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (value instanceof RegExp) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${literal(field)}`).join(',')}}`;
}

/** The dashboard page: runs in the editor's webview, with its styles beside it. */
export function webviewOptions(outfile) {
  return {
    ...shared,
    entryPoints: ['src/webview/main.tsx'],
    outfile,
    format: 'iife',
    platform: 'browser',
    target: 'es2023',
    mainFields: ['module', 'main'],
    define: { __VERSION__: shared.define.__VERSION__ },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfig: 'src/webview/tsconfig.json',
  };
}

if (process.argv[1] === import.meta.filename) {
  const targets = [
    routerOptions('dist/router.js'),
    extensionOptions('dist/extension.js'),
    commandsOptions('dist/commands.js'),
    chatOptions('dist/chat.js'),
    webviewOptions('dist/webview.js'),
  ];
  if (process.argv.includes('--watch')) for (const target of targets) await (await context(target)).watch();
  else await Promise.all(targets.map((target) => build(target)));
}
