/** Who besides us may read a folder, on Windows, where a mode says nothing: read from its access control list, never changed. */
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

/** A sentence when others may read the folder or when that cannot be found out; undefined when it is private. */
export async function notPrivate(folder: string, system: SystemWorld = thisSystem): Promise<string | undefined> {
  if (system.platform !== 'win32') return undefined;
  const sddl = await accessList(folder, system);
  const remedy = `To make it private: icacls "${folder}" /inheritance:r /grant:r "${accountOf(system)}:(OI)(CI)F"`;
  if (sddl === undefined)
    return `Whether other users of this machine can read the data folder ${folder} could not be found out. ${remedy}`;
  const others = othersIn(sddl);
  return others.length === 0
    ? undefined
    : `The data folder ${folder} with keys and logs is not private: its access list lets in ${others.join(', ')}. ${remedy}`;
}

/** By name: `%USERNAME%` means something to cmd alone, and the terminal of an editor is PowerShell. */
function accountOf({ env }: Pick<SystemWorld, 'env'>): string {
  const name = env.USERNAME || os.userInfo().username;
  return env.USERDOMAIN ? `${env.USERDOMAIN}\\${name}` : name;
}

async function accessList(folder: string, system: SystemWorld): Promise<string | undefined> {
  const file = path.join(os.tmpdir(), `llm-router-acl-${randomBytes(6).toString('hex')}`);
  try {
    await system.run(windowsProgram(system, 'icacls.exe'), [folder, '/save', file, '/q']);
    const text = await readFile(file, 'utf16le');
    return text.includes('D:') ? text.slice(text.indexOf('D:')) : undefined;
  } catch {
    return undefined;
  } finally {
    await rm(file, { force: true });
  }
}
