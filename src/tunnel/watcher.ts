/**
 * A tunnel program outlives its router, so that a killed router costs no URL; but not for ever. A shell of a few bytes looks
 * whether the router lives, and ends the program after two minutes without one. Windows has no such shell: README says so.
 */
import { closeSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { writeWholeSync } from '../network/wholeFile';
import { childEnvironment } from './processes';
import { tunnelFolder } from './stateFile';
import type { TunnelWorld } from './world';

/** Rounds without a router after which the program ends, and their length in seconds. The time asleep does not count. */
const PATIENCE = { rounds: 8, seconds: 15 };

/** A number alone may belong to somebody else by now: each is known with its time of start. A zombie counts as gone. */
const SCRIPT = `
started() {
  [ -n "$1" ] || return
  if [ -r /proc/self/stat ]; then sed -e 's/.*) //' -e '/^Z/d' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20
  else ps -o lstart= -p "$1" 2>/dev/null; fi
}
program=$1 note=$2 seconds=$3 rounds=$4 left=$4 owner= since=
mine=$(started "$program")
[ -n "$mine" ] || exit 0
while sleep "$seconds"; do
  [ "$(started "$program")" = "$mine" ] || exit 0
  now=$(tr -d ' ' 2>/dev/null < "$note")
  if [ "$now" != "$owner" ]; then owner=$now since=$(started "$now"); fi
  if [ -n "$since" ] && [ "$(started "$owner")" = "$since" ]; then left=$rounds; else left=$((left - 1)); fi
  [ "$left" -gt 0 ] && continue
  kill -INT "$program"
  sleep 5
  [ "$(started "$program")" = "$mine" ] && kill -KILL "$program"
  exit 0
done
`;

const noteOf = (dataDir: string) => path.join(tunnelFolder(dataDir), 'owner');

/**
 * This router answers for the program from now on. Asked again and again, since a program whose note is lost or could not be
 * written would be ended under a router that lives.
 */
export function ownProgram(dataDir: string): void {
  const note = noteOf(dataDir);
  try {
    if (ownerIn(note) !== process.pid) writeOwner(note);
  } catch {
    // The next look tries again.
  }
}

function ownerIn(note: string): number | undefined {
  try {
    return Number(readFileSync(note, 'utf8'));
  } catch {
    return undefined;
  }
}

function writeOwner(note: string): void {
  try {
    writeWholeSync(note, String(process.pid));
  } catch {
    // A full disk has no room for another file; it has for a few bytes in the place of those of the router before.
    const fd = openSync(note, 'r+');
    try {
      writeSync(fd, String(process.pid).padEnd(fstatSync(fd).size), 0);
    } finally {
      closeSync(fd);
    }
  }
}

/** Starts the watcher of a program. It ends with the program. */
export function watchProgram(
  pid: number,
  dataDir: string,
  { spawn, env, platform }: Pick<TunnelWorld, 'spawn' | 'env' | 'platform'>,
  { rounds, seconds } = PATIENCE,
): void {
  if (platform === 'win32') return;
  try {
    const args = ['-c', SCRIPT, 'sh', String(pid), noteOf(dataDir), String(seconds), String(rounds)];
    const child = spawn('/bin/sh', args, { env: childEnvironment(env), cwd: '/', detached: true, stdio: 'ignore' });
    child.on('error', () => undefined);
    child.unref();
  } catch {
    // No room for another process: the next router ends what is left.
  }
}
