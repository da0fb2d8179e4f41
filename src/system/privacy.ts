/** Who besides us may read a folder and what lies in it, on Windows, where a mode says nothing: read from its access control list, never changed. */
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type SystemWorld, thisSystem, windowsProgram } from './processes';

/** `icacls /save` writes SDDL: the same letters in every language of Windows. */
const EVERYBODY: Readonly<Record<string, string>> = {
  WD: 'Everyone',
  AU: 'Authenticated Users',
  BU: 'Users',
  IU: 'everybody who is logged on',
  NU: 'everybody on the network',
  AN: 'Anonymous',
  BG: 'Guests',
  DU: 'Domain Users',
  DG: 'Domain Guests',
};
const BY_NUMBER: Readonly<Record<string, string>> = {
  'S-1-1-0': 'WD',
  'S-1-5-11': 'AU',
  'S-1-5-32-545': 'BU',
  'S-1-5-4': 'IU',
  'S-1-5-2': 'NU',
  'S-1-5-7': 'AN',
  'S-1-5-32-546': 'BG',
};

/** Those a list lets in besides its one user, the system and the administrators. */
export function othersIn(sddl: string): string[] {
  const allowed = [...sddl.matchAll(/\((?:A|XA);[^;)]*;[^;)]*;[^;)]*;[^;)]*;([^;)]+)/g)].map(([, sid]) => sid!);
  const groups = allowed.map((sid) => EVERYBODY[BY_NUMBER[sid] ?? sid]).filter((name) => name !== undefined);
  const people = new Set(allowed.filter((sid) => /^S-1-(5-21|12)-/.test(sid)));
  return [...new Set(groups), ...(people.size > 1 ? [`${people.size} accounts`] : [])];
}

/** A sentence when others may read the folder or something in it, or when that cannot be found out; undefined when all is private. */
export async function notPrivate(folder: string, system: SystemWorld = thisSystem): Promise<string | undefined> {
  if (system.platform !== 'win32') return undefined;
  const [own, ...inside] = await accessLists(folder, system);
  const remedy = `To make it private: icacls "${folder}" /inheritance:r /grant:r "${accountOf(system)}:(OI)(CI)F"`;
  if (own === undefined)
    return `Whether other users of this machine can read the data folder ${folder} could not be found out. ${remedy}`;
  const others = othersIn(own.sddl);
  if (others.length > 0)
    return `The data folder ${folder} with keys and logs is not private: its access list lets in ${others.join(', ')}. ${remedy}`;
  // Who knows its path reads a file although the folder is closed. Another one account shows only beside that of the folder.
  const open = inside.map(({ name, sddl }) => ({ name, others: othersIn(own.sddl + sddl) }));
  return openFiles(
    folder,
    open.filter((one) => one.others.length > 0),
  );
}

/** More names than these help nobody. */
const NAMED = 3;

function openFiles(folder: string, open: readonly { name: string; others: string[] }[]): string | undefined {
  if (open.length === 0) return undefined;
  const named = open.slice(0, NAMED).map(({ name, others }) => `${name} (${others.join(', ')})`);
  const more = open.length > NAMED ? ` and ${open.length - NAMED} more` : '';
  return `The data folder ${folder} is private, but an access list of its own lets others read ${named.join(', ')}${more}. To give all in it the list of the folder: icacls "${folder}\\*" /reset /t /c /q`;
}

/** By name: `%USERNAME%` means something to cmd alone, and the terminal of an editor is PowerShell. */
function accountOf({ env }: Pick<SystemWorld, 'env'>): string {
  const name = env.USERNAME || os.userInfo().username;
  return env.USERDOMAIN ? `${env.USERDOMAIN}\\${name}` : name;
}

/** Of the folder, then of what lies in it, by names below the parent of the folder. Empty: nobody told. */
async function accessLists(folder: string, system: SystemWorld): Promise<{ name: string; sddl: string }[]> {
  const file = path.join(os.tmpdir(), `llm-router-acl-${randomBytes(6).toString('hex')}`);
  try {
    // What goes while it is being listed makes icacls fail; what it told before and after counts.
    await system.run(windowsProgram(system, 'icacls.exe'), [folder, '/save', file, '/t', '/c', '/q']).catch(() => '');
    const lines = (await readFile(file, 'utf16le')).replace(/^\ufeff/, '').split(/\r?\n/);
    return lines.flatMap((sddl, at) => (sddl.startsWith('D:') ? [{ name: lines[at - 1] ?? '', sddl }] : []));
  } catch {
    return [];
  } finally {
    await rm(file, { force: true });
  }
}
