/**
 * Who a process id stands for: ids are used again, so one only means something together with the moment its process began
 * and the boot of the machine. Where the system does not tell, nothing is known and nothing is ended by id.
 */
import { beginOf, bootOf, isAlive, isSameBegin, type SystemWorld, thisSystem } from '../system/processes';

export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal only for the same process. Absent where the system does not tell. */
  began?: string;
  /** Opaque; changes with every boot. Absent on Windows, where `began` is a time of day. */
  boot?: string;
}

export async function identityOf(pid: number, system: SystemWorld = thisSystem): Promise<ProcessIdentity> {
  const [began, boot] = await Promise.all([beginOf(pid, system), bootOf(system)]);
  return { pid, ...(began === undefined ? {} : { began }), ...(boot === undefined ? {} : { boot }) };
}

/** Is the process that was written down still the one with this number? undefined: the system does not tell. */
export async function isSameProcess(
  written: ProcessIdentity,
  system: SystemWorld = thisSystem,
): Promise<boolean | undefined> {
  if (!isAlive(written.pid)) return false;
  if (written.began === undefined) return undefined;
  const now = await identityOf(written.pid, system);
  if (now.boot !== written.boot) return false;
  if (now.began === undefined) return system.platform === 'win32' && isAlive(written.pid) ? undefined : false;
  return isSameBegin(now.began, written.began, system);
}

/** True only when the process runs now and is beyond doubt the one that was written down. */
export async function stillRuns(written: ProcessIdentity): Promise<boolean> {
  return (await isSameProcess(written)) === true;
}

/** True when the identity was written down under another boot, so that its process is gone for certain. */
export async function fromAnotherBoot(written: ProcessIdentity): Promise<boolean> {
  const boot = await bootOf();
  return boot !== undefined && written.boot !== undefined && written.boot !== boot;
}
