/** Every sentence about reaching a host, and about who else may write where we read. Never a password of a proxy. */
import { catalogue, textOf, type Words } from '../said';

export const say = catalogue('network', {
  // Who may write
  everybodyWritesIn: (folder: string) => `every user of this machine may write in ${folder}`,
  everybodyWrites: (file: string) => `every user of this machine may write ${file}`,
  groupWritesIn: (folder: string) => `its group may write in ${folder}`,
  belongsToOther: (folder: string) => `${folder} belongs to another user`,

  // A host
  notHttps: (origin: string) => `${origin} is not an https address.`,
  late: (host: string, seconds: number) => `${host} did not answer within ${seconds} s.`,
  unreached: (host: string, why: Words) => `${host} could not be reached: ${textOf(why)}.`,
  /** The reason is a sentence of its own. */
  unreachedSince: (host: string, why: Words) => `${host} could not be reached: ${textOf(why)}`,
  closed: 'the connection was closed',
  tooLarge: 'the answer is larger than 1 MB',
  noReason: 'unknown error',

  // A proxy
  proxyStatus: (proxy: string, status: number) => `the proxy ${proxy} answered ${status}`,
  proxyPassword: (proxy: string, status: number) =>
    `the proxy ${proxy} answered ${status} (it wants a user name and password)`,
  proxyUnreached: (proxy: string, why: Words) => `the proxy ${proxy} was not reached (${textOf(why)})`,
  socksProxy: (where: string) =>
    `the proxy setting is not an http:// address: ${where} names a SOCKS proxy. Put the http:// address of a proxy there, or empty it.`,
  badProxy: (where: string) =>
    `the proxy setting is not an http:// address: ${where} is something else. Put the http:// address of a proxy there, or empty it.`,
});
