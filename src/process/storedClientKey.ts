/**
 * The generated client key: made once, stable across restarts, in a 0600 file (design §2.10). A person has pasted it, so a file
 * that is lost or unreadable never leads to another one: a salted digest beside it remembers that a key was made.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createWhole, writeWhole } from '../network/wholeFile';
import { generateClientKey } from '../settings/keyNames';
import { UsageError } from './usageError';

const KEY = /^sk-[\w-]{20,}$/;

/** Rejects with a UsageError that names the file while it is in doubt which key the clients have. */
export async function storedClientKey(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'client-key');
  const digestFile = path.join(dataDir, 'client-key.digest');
  const stored = await readOnce(file, file, digestFile);
  const digest = await readOnce(digestFile, file, digestFile);
  if (!stored && digest === undefined) return await makeKey(file, digestFile);
  if (!stored) throw inDoubt(file, digestFile, 'is gone');
  if (!KEY.test(stored)) throw inDoubt(file, digestFile, 'holds no client key');
  if (digest && isPart(stored, digest)) throw inDoubt(file, digestFile, 'holds a part of it only');
  await remember(stored, digest, digestFile);
  return stored;
}

/** Its text without white space around; undefined when there is no such file. */
async function readOnce(file: string, keyFile: string, digestFile: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw inDoubt(keyFile, digestFile, `cannot be read (${code})`);
  }
}

async function makeKey(file: string, digestFile: string): Promise<string> {
  const key = generateClientKey(randomBytes);
  // What a crash left empty is no key of anybody.
  if (!(await createWhole(file, `${key}\n`))) {
    const other = (await readFile(file, 'utf8')).trim();
    if (other) return other;
    await writeWhole(file, `${key}\n`);
  }
  await remember(key, undefined, digestFile);
  return key;
}

/** Best effort: without it a lost file is only not noticed. A key that a person put into the file is the new one. */
async function remember(key: string, known: string | undefined, digestFile: string): Promise<void> {
  if (known && known === digestOf(key, known.split(':')[0]!)) return;
  await writeWhole(digestFile, `${digestOf(key, randomBytes(16).toString('hex'))}\n`).catch(() => {});
}

/** Characters by which a torn key is told from one that a person wrote: nobody else's begins alike. */
const BEGINNING = 16;

const hashOf = (text: string, salt: string): string => createHash('sha256').update(salt).update(text).digest('hex');

const digestOf = (key: string, salt: string): string =>
  `${salt}:${hashOf(key, salt)}:${hashOf(key.slice(0, BEGINNING), salt)}`;

/** Cut by a disk that failed: not the key that was made, but its beginning. */
function isPart(key: string, digest: string): boolean {
  const [salt = '', whole, beginning] = digest.split(':');
  return hashOf(key, salt) !== whole && hashOf(key.slice(0, BEGINNING), salt) === beginning;
}

function inDoubt(file: string, digestFile: string, what: string): UsageError {
  return new UsageError(
    `The client key that was made here is kept in ${file}, and that file ${what}. No other key is made, since clients still have that one. Put the file back (one line, sk-…), give the key with --llmrouter-api-key-env, or remove ${file} and ${digestFile} for a new key.`,
  );
}
