/**
 * Who a process id stands for: ids are used again, so one only means something together with the moment its process began
 * and the boot of the machine. Where the system does not tell (Windows), nothing is known and nothing is ended by id.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal only for the same process. Absent where the system does not tell. */
  began?: string;
  /** Opaque; changes with every boot. */
  boot?: string;
}

const run = promisify(execFile);

export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const [began, boot] = await Promise.all([beginOf(pid), bootOf()]);
  return { pid, ...(began === undefined ? {} : { began }), ...(boot === undefined ? {} : { boot }) };
}

/** True only when the process runs now and is beyond doubt the one that was written down. */
export async function stillRuns(written: ProcessIdentity): Promise<boolean> {
  if (written.began === undefined || written.boot === undefined) return false;
  const now = await identityOf(written.pid);
  return now.began === written.began && now.boot === written.boot;
}

/** True when the identity was written down under another boot, so that its process is gone for certain. */
export async function fromAnotherBoot(written: ProcessIdentity): Promise<boolean> {
  const boot = await bootOf();
  return boot !== undefined && written.boot !== undefined && written.boot !== boot;
}

async function beginOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The name in brackets may hold anything; field 22 counts from behind it.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    }
    if (process.platform === 'darwin')
      return (await run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim();
  } catch {
    // No such process.
  }
  return undefined;
}

async function bootOf(): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    if (process.platform === 'darwin')
      return (await run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'])).stdout.trim();
  } catch {
    // Not told here.
  }
  return undefined;
}
