import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificates {
  /** PEM. */
  ca: string;
  cert: string;
  key: string;
}

/** A test authority and one server certificate for the names (wildcards allowed). Made anew each time; none is committed. */
export async function makeCertificates(names: readonly string[]): Promise<Certificates> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'llm-router-ca-'));
  const openssl = (args: string) => run('openssl', args.split(' '), { cwd: folder });
  const ec = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  try {
    await writeFile(path.join(folder, 'ext.cnf'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
    await openssl(`req -x509 ${ec} -subj /CN=llm-router-test-ca -days 2 -keyout ca.key -out ca.pem`);
    await openssl(`req ${ec} -subj /CN=llm-router-test -keyout srv.key -out srv.csr`);
    await openssl(
      'x509 -req -in srv.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext.cnf -out srv.pem',
    );
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'srv.pem', 'srv.key'].map((file) => readFile(path.join(folder, file), 'utf8')),
    );
    return { ca: ca!, cert: cert!, key: key! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
