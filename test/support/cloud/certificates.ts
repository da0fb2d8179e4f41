/** Certificates for tests, made here without a program of the system: X.509 written as DER, signed with ECDSA by Node. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificates {
  /** PEM. */
  ca: string;
  cert: string;
  key: string;
}

const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x18 } as const;
const SEQUENCE = 0x30;
const SET = 0x31;
/** Context tags: the version, the extensions, a DNS name, an address. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const ADDRESS = 0x87;

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const bytes = body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0');
  const length = body.length < 0x80 ? [body.length] : [0x80 + bytes.length / 2, ...Buffer.from(bytes, 'hex')];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** Of the names needed here the first two numbers share a byte, the rest are base 128. */
function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]];
  const bytes = rest.flatMap((number) => {
    const digits = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) digits.unshift(0x80 | (left & 0x7f));
    return digits;
  });
  return der(TAG.oid, Buffer.from([40 * first + second, ...bytes]));
}

const ECDSA_SHA256 = der(SEQUENCE, oid('1.2.840.10045.4.3.2'));
const TRUE = Buffer.from([0xff]);

const nameOf = (commonName: string): Buffer =>
  der(SEQUENCE, der(SET, der(SEQUENCE, oid('2.5.4.3'), der(TAG.utf8, Buffer.from(commonName)))));

const timeOf = (at: number): Buffer =>
  der(TAG.time, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der(SEQUENCE, oid(id), ...(critical ? [der(TAG.boolean, TRUE)] : []), der(TAG.octets, value));

const isAuthority = extension('2.5.29.19', true, der(SEQUENCE, der(TAG.boolean, TRUE)));
const hostOf = (host: string): Buffer =>
  isIPv4(host) ? der(ADDRESS, Buffer.from(host.split('.').map(Number))) : der(DNS_NAME, Buffer.from(host));
const namesHosts = (hosts: readonly string[]): Buffer =>
  extension('2.5.29.17', false, der(SEQUENCE, ...hosts.map(hostOf)));

interface Wish {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  issuerKey: KeyObject;
  extension: Buffer;
}

const DAY = 86_400_000;

function certificate({ subject, issuer, publicKey, issuerKey, extension: only }: Wish): string {
  const toSign = der(
    SEQUENCE,
    der(VERSION, der(TAG.integer, Buffer.from([2]))),
    // A leading 1 keeps the number positive and as long as it is written.
    der(TAG.integer, Buffer.from([1]), randomBytes(8)),
    ECDSA_SHA256,
    nameOf(issuer),
    der(SEQUENCE, timeOf(Date.now() - DAY), timeOf(Date.now() + 2 * DAY)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(EXTENSIONS, der(SEQUENCE, only)),
  );
  const signature = sign('sha256', toSign, issuerKey);
  const whole = der(SEQUENCE, toSign, ECDSA_SHA256, der(TAG.bits, Buffer.from([0]), signature));
  return new X509Certificate(whole).toString();
}

/** A test authority and one server certificate for the names (wildcards allowed). Made anew each time; none is committed. */
export function makeCertificates(names: readonly string[]): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = 'llm-router-test-ca';
  const signed = { issuer, issuerKey: authority.privateKey };
  const ca = certificate({ ...signed, subject: issuer, publicKey: authority.publicKey, extension: isAuthority });
  const cert = certificate({
    ...signed,
    subject: 'llm-router-test',
    publicKey: server.publicKey,
    extension: namesHosts(names),
  });
  return { ca, cert, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
