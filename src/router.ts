/** Main of the router process: started by the editor, or by a person in a terminal (design §2.2). */
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { homedir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { nameDoubt } from './cursor/names';
import { runCursorCommand } from './cursorApp/command';
import { runningPrograms } from './cursorApp/processes';
import { cursorStateFiles } from './cursorApp/stateFile';
import { runDoctorCommand } from './doctor/doctorCommand';
import { runUsageCommand } from './ledger/usageCommand';
import { type Arguments, HELP, parseCommandLine } from './process/commandLine';
import { runEditorMode } from './process/editorMode';
import { runExportCommand } from './process/exportCommand';
import { defaultDataDir, type HeadlessWorld, runHeadless } from './process/headless';
import { LeftAtQuestion } from './process/offerInstall';
import { UsageError } from './process/usageError';
import { createRouterCore } from './router/routerCore';
import { thisSystem } from './system/processes';
import { onEndSignal } from './system/signals';
import { runLessonsCommand } from './upstream/lessonsCommand';
import { VERSION } from './version';

async function main(argv: readonly string[]): Promise<number> {
  let args: Arguments;
  try {
    args = parseCommandLine(argv);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 2;
  }
  switch (args.mode) {
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'command':
      return (args.command === 'usage' ? runUsageCommand : runLessonsCommand)(args.rest, {
        // Asked only without --data-dir: a user without a home folder has no default.
        defaultDataDir: () => defaultDataDir(process.env),
        out: (text) => void process.stdout.write(text),
        err: (text) => void process.stderr.write(text),
      });
    case 'cursor':
      return runCursorCommand(args.rest, {
        defaultDataDir: () => defaultDataDir(process.env),
        files: cursorStateFiles(undefined, { platform: thisSystem.platform, home: homedir(), env: process.env }),
        doubt: (model) => nameDoubt(model)?.said.text,
        running: () => runningPrograms(),
        out: (text) => void process.stdout.write(text),
        err: (text) => void process.stderr.write(text),
      });
    case 'editor':
      return runEditorMode({
        dataDir: args.dataDir,
        takeOver: args.takeOver,
        version: VERSION,
        createCore: ({ dataDir, secret, log, lastPort, windows, hold }) =>
          createRouterCore({
            dataDir,
            secret,
            env: process.env,
            host: '127.0.0.1',
            exactPort: false,
            mayInstall: false,
            // The data directory is the extension's own storage, and Cursor's file lies beside it.
            cursorFiles: cursorStateFiles(path.dirname(dataDir), {
              platform: thisSystem.platform,
              home: homedir(),
              env: process.env,
            }),
            closing: { runtime: process.execPath, windows, hold },
            lastPort,
            onLogLevel: (level) => log.setLevel(level),
            log: (level, line) => log[level](line),
          }),
      });
    case 'headless':
      return runHeadless(args, createRouterCore, world);
    case 'doctor':
      return runDoctorCommand(args, createRouterCore, world);
    case 'export':
      return runExportCommand(args, world);
  }
}

const world: HeadlessWorld = {
  cwd: process.cwd(),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal: (listener) => onEndSignal(listener),
};

// To wake helpers for the young generation costs more than they take over: a sixth of what a request costs at 32 at a time.
setFlagsFromString('--no-parallel-scavenge');

// Of several addresses Node gives up each but the last after 250 ms: with one lost packet (sent again after 1 s), or a slow network,
// a provider that has IPv6 beside IPv4 was not reached at all from where there is no IPv6 (nodejs/node#54359).
setDefaultAutoSelectFamilyAttemptTimeout(1_500);

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    if (error instanceof LeftAtQuestion) process.exit(error.exitCode);
    process.stderr.write(`${error instanceof UsageError ? error.message : `LLM Router stopped: ${error.message}`}\n`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
