// A real VS Code server with an isolated home: settings, extensions and data in one folder, nothing of the machine's own.
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureEditor } from './setup.mjs';

/** No trust dialog, no welcome page, no toast that covers ours, no telemetry: with these no request leaves the machine. */
export const QUIET_SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.localHistory.enabled': false,
  'workbench.reduceMotion': 'on',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  // Else every listening process on the machine brings a toast.
  'remote.autoForwardPorts': false,
  'remote.restoreForwardedPorts': false,
  'window.confirmBeforeClose': 'never',
  'window.restoreWindows': 'none',
  'window.menuBarVisibility': 'compact',
  'git.enabled': false,
  'git.autofetch': false,
  'github.gitAuthentication': false,
  'chat.disableAIFeatures': true,
  'files.simpleDialog.enable': true,
  // Whatever would leave the machine (the download of cloudflared) ends here.
  'http.proxy': 'http://127.0.0.1:9',
  'npm.autoDetect': 'off',
  'typescript.disableAutomaticTypeAcquisition': true,
};

/** Settings that belong to the machine are not read from the user's file here. */
const QUIET_MACHINE = { 'workbench.welcomePage.walkthroughs.openOnInstall': false };

/** What the tests meet of the extensions that come with the editor; the other hundred only cost time at each load. */
const BUILT_IN = ['theme-defaults', 'markdown-basics', 'markdown-language-features'];

export const BRIDGE = path.join(import.meta.dirname, 'bridge');

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until `look` gives something truthy and returns it. A look into a window costs both sides: not too often. */
export async function until(look, what, ms = 30_000, pause = 150) {
  for (const end = Date.now() + ms; ; await sleep(pause)) {
    const value = await look();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}`);
  }
}

/**
 * Starts a server in `dir`. `vsix`: packed extensions to install; `unpacked`: folders taken as installed;
 * `env`: what the extension host sees besides a clean home.
 */
export async function startServer({
  dir,
  version,
  settings = {},
  machineSettings = {},
  vsix = [],
  unpacked = [BRIDGE],
  env = {},
  graceSeconds = 3,
}) {
  const editor = ensureEditor(version);
  rmSync(dir, { recursive: true, force: true });
  const at = (...parts) => path.join(dir, ...parts);
  const data = at('data');
  for (const folder of [at('home'), at('ext'), at('bridge'), at('data/User'), at('data/Machine')])
    mkdirSync(folder, { recursive: true });
  const settingsFile = at('data/User/settings.json');
  writeFileSync(settingsFile, JSON.stringify({ ...QUIET_SETTINGS, ...settings }, null, 2));
  writeFileSync(at('data/Machine/settings.json'), JSON.stringify({ ...QUIET_MACHINE, ...machineSettings }, null, 2));
  // Without a file of its own it writes ~/.config/code-server/config.yaml.
  writeFileSync(at('config.yaml'), 'bind-addr: 127.0.0.1:0\nauth: none\ncert: false\n');
  // Sockets need a short path (at most 107 characters).
  const run = mkdtempSync(path.join(os.tmpdir(), 'llmr-'));
  const base = [editor.entry, '--config', at('config.yaml'), '--user-data-dir', data, '--extensions-dir', at('ext')];
  const environment = serverEnvironment({ home: at('home'), run, node: editor.node, bridge: at('bridge'), env });
  const builtIn = at('builtIn');
  mkdirSync(builtIn);
  for (const name of BUILT_IN) symlinkSync(path.join(editor.vscode, 'extensions', name), path.join(builtIn, name));
  // An unpacked folder counts as installed only before the first start.
  for (const folder of unpacked) {
    const { publisher, name, version: number } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    cpSync(folder, at('ext', `${publisher}.${name}-${number}`), { recursive: true });
  }
  for (const file of vsix) {
    execFileSync(editor.node, [...base, '--install-extension', path.resolve(file), '--force'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  const modern = version !== '1.99';
  const child = spawn(
    editor.node,
    [
      ...base,
      ...['--builtin-extensions-dir', builtIn],
      ...[
        '--auth',
        'none',
        '--bind-addr',
        '127.0.0.1:0',
        '--disable-telemetry',
        '--disable-update-check',
        '--disable-workspace-trust',
      ],
      ...['--disable-getting-started-override', '--ignore-last-opened'],
      ...(modern ? ['--reconnection-grace-time', String(graceSeconds)] : []),
    ],
    { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const killGroup = (signal) => {
    try {
      process.kill(-child.pid, signal);
      return true;
    } catch {
      return false;
    }
  };
  // A runner that dies leaves no server behind.
  const atExit = () => killGroup('SIGKILL');
  process.once('exit', atExit);
  let log = '';
  const url = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      log += chunk;
      const match = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(log);
      if (match) resolve(match[1]);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`code-server exited with ${code}\n${log}`)));
  });
  return {
    url,
    dir,
    data,
    bridge: at('bridge'),
    version,
    home: at('home'),
    storage: at('data/User/globalStorage/llm-router.llm-router'),
    /** What stands in the user's settings now. */
    settings: () => JSON.parse(readFileSync(settingsFile, 'utf8')),
    /** Last lines of the extension hosts' logs, for a failed test. */
    hostLogs: () => tailOfLogs(at('data/logs')),
    async stop() {
      process.off('exit', atExit);
      child.kill('SIGTERM');
      // Extension hosts notice that their parent is gone and run deactivate(): give them time.
      for (const end = Date.now() + 5_000; Date.now() < end && killGroup(0); ) await sleep(50);
      killGroup('SIGKILL');
      rmSync(run, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function serverEnvironment({ home, run, node, bridge, env }) {
  // VSCODE_* of an outer terminal break it; keys of the person who runs the tests must not get in.
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(VSCODE_.*|PORT|PASSWORD|HASHED_PASSWORD|NODE_OPTIONS|.*_API_KEY|.*_proxy|CLOUDFLARED_.*)$/i.test(name),
    ),
  );
  return {
    ...clean,
    HOME: home,
    XDG_RUNTIME_DIR: run,
    TMPDIR: run,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    PATH: path.dirname(node) + path.delimiter + process.env.PATH,
    // Never asks a gallery.
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    BRIDGE_DIR: bridge,
    ...env,
  };
}

function tailOfLogs(folder) {
  if (!existsSync(folder)) return '';
  const files = readdirSync(folder, { recursive: true }).filter((file) =>
    /(exthost\d+\/remoteexthost|LLM Router)\.log$/.test(file),
  );
  return files
    .map(
      (file) =>
        `--- ${file}\n${readFileSync(path.join(folder, file), 'utf8')
          .split('\n')
          .filter((line) => !line.includes('_doActivateExtension'))
          .slice(-25)
          .join('\n')}`,
    )
    .join('\n');
}
