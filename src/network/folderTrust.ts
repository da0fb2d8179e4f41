/**
 * Whether what lies in a folder can be believed to be the user's own: who may write there may plant a program, a key or a
 * configuration. Windows has no such rights to read; its folders are as private as the profile they lie in.
 */
import { accessSync, constants, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { Said } from '../said';
import { say } from './sentences';

export type FolderTrust =
  /** Only its owner and root write there. */
  | { kind: 'own' }
  /** Others that its owner chose may write there (a group, as on volumes of containers): nothing of it is run. */
  | { kind: 'shared'; why: Said; mend: string }
  /** Everybody may: nothing of it is believed. */
  | { kind: 'open'; why: Said; mend: string };

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;

/** The user this process runs as; undefined where there are no such rights. */
const me = (): number | undefined => process.getuid?.();

/** `folder` need not be there: then it is made by us, below one that is. */
export function trustOf(folder: string): FolderTrust {
  if (me() === undefined) return { kind: 'own' };
  const open = openAbove(folder) ?? openAbove(real(folder));
  if (open) return open;
  const found = look(folder);
  if (!found || isReadOnly(folder)) return { kind: 'own' };
  if ((found.mode & OTHERS_WRITE) !== 0)
    return {
      kind: 'open',
      why: say.everybodyWritesIn(folder),
      mend: `chmod o-w ${quoted(folder)}`,
    };
  if ((found.mode & GROUP_WRITES) !== 0)
    return { kind: 'shared', why: say.groupWritesIn(folder), mend: `chmod g-w ${quoted(folder)}` };
  if (!isOurs(found))
    return { kind: 'shared', why: say.belongsToOther(folder), mend: `chown ${me()} ${quoted(folder)}` };
  return { kind: 'own' };
}

/** A file that may be believed: nobody but its owner and root may write it or what it lies in. */
export function trustOfFile(file: string): FolderTrust {
  const led = trustAt(real(file));
  return led.kind === 'open' ? led : trustAt(file);
}

function trustAt(file: string): FolderTrust {
  const uid = me();
  if (uid === undefined) return { kind: 'own' };
  const folder = path.dirname(file);
  const around = trustOf(folder);
  const found = look(file);
  if (found && (found.mode & OTHERS_WRITE) !== 0 && !isReadOnly(file))
    return { kind: 'open', why: say.everybodyWrites(file), mend: `chmod o-w ${quoted(file)}` };
  // In a folder like /tmp nobody can replace what belongs to us; a link of somebody else's they can.
  const itself = lstatSync(file, { throwIfNoEntry: false });
  const isKept = ((look(folder)?.mode ?? 0) & STICKY) !== 0 && !!found && !!itself && isOurs(found) && isOurs(itself);
  return around.kind === 'open' && isKept ? { kind: 'own' } : around;
}

/** Where it is behind all links: who may write around a link is not who may write where it leads. */
function real(place: string): string {
  const given = path.resolve(place);
  try {
    return realpathSync(given);
  } catch {
    const above = path.dirname(given);
    return above === given ? given : path.join(real(above), path.basename(given));
  }
}

/** A folder above in which everybody may rename what others made. */
function openAbove(folder: string): FolderTrust | undefined {
  for (let above = path.dirname(path.resolve(folder)); ; above = path.dirname(above)) {
    const mode = look(above)?.mode ?? 0;
    if ((mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0 && !isReadOnly(above))
      return {
        kind: 'open',
        why: say.everybodyWritesIn(above),
        mend: `chmod o-w ${quoted(above)}`,
      };
    if (above === path.dirname(above)) return undefined;
  }
}

/** Whatever its mode says, nobody writes on a file system that is mounted so. */
function isReadOnly(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

function isOurs({ uid }: Stats): boolean {
  return uid === me() || uid === 0;
}

function look(place: string): Stats | undefined {
  return statSync(place, { throwIfNoEntry: false });
}

function quoted(place: string): string {
  return /^[\w./-]+$/.test(place) ? place : `'${place.replaceAll("'", "'\\''")}'`;
}
