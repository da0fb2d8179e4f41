/** Every sentence a tunnel says to a person: what happened and what to do, short. */
import { catalogue, clock, type Said, textOf, type Words } from '../said';

export const say = catalogue('tunnel', {
  // Binary
  notInstalled: 'cloudflared is not installed. It can be downloaded, or named in the setting tunnel.binary.',
  chosenBinaryMissing: (path: string) =>
    `There is no program at ${path}. Correct llmRouter.tunnel.binary (or CLOUDFLARED_BIN), or leave it empty.`,
  chosenBinaryFails: (path: string, why: Words) =>
    `${path} does not start (${textOf(why)}). It is named in llmRouter.tunnel.binary (or CLOUDFLARED_BIN): correct that, or leave it empty. A virus scanner or Gatekeeper may hold it back: allow it.`,
  folderNotTrusted: (why: Words, mend: string) =>
    `No program is run from the data folder, since ${textOf(why)}. Mend it with: ${mend}. Or install cloudflared yourself.`,
  binaryFails: (path: Words, why: Words) =>
    `${textOf(path)} does not start (${textOf(why)}). A virus scanner or Gatekeeper may hold it back: allow it, or run the command Install cloudflared.`,
  theDownload: 'The downloaded cloudflared',
  downloadHeld:
    'macOS ended the downloaded cloudflared at its start, so it was not kept: the rules of this Mac or a program for security do not let it run. "brew install cloudflared" brings one that macOS may know, and it is found by itself.',
  noAnswer: 'no answer',
  notCloudflared: 'it is not cloudflared',
  exitCode: (code: number) => `exit code ${code}`,
  heldByGatekeeper: (path: string) =>
    `macOS ended it at its start: the file is quarantined or its signature is unknown. Open System Settings, Privacy & Security, and choose "Allow Anyway" beside cloudflared, or run xattr -d com.apple.quarantine "${path}"`,
  binaryTooOld: (found: string, wanted: string) =>
    `The installed cloudflared ${found} is older than ${wanted}. Run the command Install cloudflared to get a newer copy beside it.`,
  installing: (version: string, percent: number | undefined) =>
    `Downloading cloudflared ${version}${percent === undefined ? '' : ` (${percent} %)`}.`,

  // Downloading it
  noBuild: (platform: string, arch: string) =>
    `There is no cloudflared for ${platform} on ${arch}. Install it yourself and name it in llmRouter.tunnel.binary, or choose another provider.`,
  noRelease: 'GitHub names no usable release of cloudflared. Try again later.',
  noAsset: (version: string, file: string) => `The cloudflared release ${version} has no file ${file}.`,
  noChecksum: (file: string) => `The release publishes no checksum for ${file}, so it is not installed.`,
  strangeAddress: (file: string) =>
    `The release names an unexpected download address for ${file}, so it is not installed.`,
  strangeSize: (file: string) => `The release names an impossible size for ${file}, so it is not installed.`,
  releasesStatus: (status: number) => `GitHub answered with HTTP ${status}. Try again later.`,
  releasesLimited: (status: number) =>
    `GitHub answered with HTTP ${status}: too many requests from this network. Try again in an hour.`,
  strangeRelease:
    'GitHub answered with something that is no release. Check whether a proxy or a login page is in between.',
  downloadTooLarge: (file: string) =>
    `The download of ${file} is larger than the release says, so it is not installed.`,
  downloadCut: (file: string) => `The download of ${file} ended early. Try again.`,
  downloadChanged: (file: string) =>
    `The downloaded ${file} does not have the published checksum, so it was thrown away. Try again; if it stays so, something changes downloads on the way.`,
  downloadStatus: (status: number) => `The download answered with HTTP ${status}. Try again later.`,
  downloadOpen: 'The download led to an address without https, so it was stopped.',
  downloadRedirected: 'The download was redirected too often, so it was stopped.',
  emptyArchive: 'The downloaded archive holds no cloudflared.',
  downloadCancelled: 'The download of cloudflared was cancelled.',
  downloadTooSlow: 'The download of cloudflared took too long and was stopped. Try again on a faster network.',
  downloadBroke: 'The download of cloudflared broke off. Try again.',
  diskFull: 'The disk is full, so cloudflared was not installed. Free some space and try again.',
  folderNotWritten: (code: string) => `The data folder cannot be written (${code}), so cloudflared was not installed.`,

  // Asking for a tunnel
  stateLost: (file: string) =>
    `The notes of the tunnel are lost (${file} is missing or damaged, and so is its copy), so the URL changes: paste the new one into Cursor's settings.`,
  requesting: 'Asking Cloudflare for a tunnel.',
  rateLimited: (until: number) =>
    `Cloudflare allows no more new tunnels from this network for now. Next try at ${clock(until)}. Another network or another provider (ngrok, Tailscale) works at once.`,
  requestFailed: (why: Words, until: number) =>
    `Cloudflare did not create a tunnel (${textOf(why)}). Next try at ${clock(until)}.`,
  /** What the service answered. */
  serviceError: (code: string) => `error ${code}`,
  serviceErrorSaid: (code: string, words: string) => `error ${code} ${words}`,
  noCredentials: 'no credentials in the answer',
  requestUnreachable: (why: Words) =>
    `${textOf(why)} Check the network; if it needs a proxy, set http.proxy (or HTTPS_PROXY). Trying again by itself.`,
  requestUnreachableThrough: (why: Words, proxy: string) =>
    `${textOf(why)} The request went through the proxy ${proxy}: check http.proxy. Trying again by itself.`,

  // Connecting
  connecting: (transport: string | undefined) =>
    `Connecting to the tunnel service${transport ? ` over ${transport}` : ''}.`,
  fallingBack: 'No connection over QUIC (UDP port 7844 seems blocked). Trying HTTP/2, the URL stays the same.',
  fallingBackToQuic: 'No connection over HTTP/2. Trying QUIC, the URL stays the same.',
  blocked:
    'This network lets neither UDP nor TCP port 7844 out, so cloudflared cannot connect. Ask for the port, use another network, or choose ngrok or Tailscale in llmRouter.tunnel.provider.',
  noConnection: (program: Words) => `${textOf(program)} did not connect. Check the network; trying again by itself.`,
  startFailed: (program: string, code: string, lines: readonly string[]) =>
    `${program} ended at its start (${code}).${lines.length > 0 ? ` Its last lines: ${lines.join(' | ')}` : ''}`,
  andNextTry: (what: Said, until: number) => `${what.text} Next try at ${clock(until)}.`,
  noProcess: (program: string, why: string) =>
    `The system could not start ${program} (${why}): it is short of processes, files or memory.`,

  // Verifying
  verifying: 'Connected. Checking that requests really come through.',
  verifyingName: 'Requests come through. Waiting until the name is known everywhere; please do not paste the URL yet.',
  verifyingLong: (why: Said) => `Connected, but requests do not come through yet: ${why.text}`,
  online: 'Reachable from the internet.',
  urlChanged: (oldUrl: string, newUrl: string) =>
    `The URL changed. Cursor still has ${oldUrl}: paste ${newUrl}/v1 into Cursor's settings.`,
  urlDead: (oldUrl: string) =>
    `Cloudflare no longer accepts the tunnel ${oldUrl}. Getting a new one; the URL will change.`,
  urlRenewed: (oldUrl: string) => `Getting a new URL instead of ${oldUrl}.`,
  refusedOnce: 'The tunnel service refused the tunnel. Asking again for two minutes before getting a new one.',
  refusedFixed: 'The tunnel service refused the tunnel. Asking once more.',
  tokenRefused:
    'Cloudflare refuses the tunnel token. Copy the token of the tunnel again from the Cloudflare dashboard and store it with the command Set Tunnel Secret.',
  tokenMissing:
    'The Cloudflare tunnel has no token. Copy it from the Cloudflare dashboard and store it with the command Set Tunnel Secret (headless: TUNNEL_TOKEN).',
  hostnameMissing:
    'The Cloudflare tunnel has no hostname. Write it into llmRouter.tunnel.hostname, as llm.example.com.',
  customUrlWrong: (url: string) =>
    `${url} is not a public https URL. Write it into llmRouter.tunnel.url, as https://llm.example.com.`,
  customUrlMissing: 'There is no public URL. Write it into llmRouter.tunnel.url, as https://llm.example.com.',
  nameUnknown: (host: string) => `${host} does not exist in DNS, so Cursor cannot find it. Check its DNS entry.`,
  urlFixed: 'The URL of this provider is fixed; there is no other one to ask for.',

  // Health
  offline: 'There is no connection to the internet. The tunnel follows by itself, the URL stays the same.',
  reconnecting: 'The connection was lost. Reconnecting, the URL stays the same.',
  halfDead: 'Requests stopped coming through although the connection stands. Restarting it, the URL stays the same.',
  originDown: (port: number) => `The tunnel works, but the router does not answer on port ${port}. Restart the router.`,
  notThere: 'the tunnel service has no connection for this name (530).',
  wrongOwner: 'something else than this router answers at the public URL.',
  ingressMissing: (port: number) =>
    `the public hostname does not lead to this router. In the Cloudflare dashboard point it at http://127.0.0.1:${port}.`,
  forwardHere: (port: number) =>
    `the public URL does not lead to this router. Let it forward to http://127.0.0.1:${port}.`,
  portTaken: (wanted: number, port: number) =>
    `the public URL has to lead to port ${wanted} (llmRouter.port), which another program has: the router uses ${port}. Write ${port} into llmRouter.port and let the URL lead to http://127.0.0.1:${port}.`,
  answersNothing: (host: string, port: number) =>
    `${host} does not answer. Check that it is up and let it forward to http://127.0.0.1:${port}; trying again by itself.`,
  busy: 'More than 200 requests at once: the tunnel service refuses more until some end.',
  silent: 'the tunnel service got no answer in time (524).',
  badStatus: (status: number) => `the public URL answered with HTTP ${status}.`,
  brokeOff: (why: Words) => `the answer broke off (${textOf(why)}).`,
  endedEarly: 'the answer ended early.',
  nameNotYet: (host: string) => `${host} does not exist yet for the rest of the world.`,
  notStreaming:
    'Requests come through, but streamed answers arrive in one piece. Cursor will show nothing until an answer is complete; use another provider or proxy setting.',
  streamFailed: (why: Words) => `Short requests come through, but a streamed request failed: ${textOf(why)}`,
  notProven: (why: Words) => `The tunnel is connected, but this computer cannot check the public URL: ${textOf(why)}`,

  // Programs of other providers
  programFails: (program: string, path: string, why: string) =>
    `${program} does not start (${path}: ${why}). Check that it is installed properly.`,
  chosenProgramMissing: (path: string) =>
    `There is no program at ${path}. Correct llmRouter.tunnel.binary, or leave it empty.`,
  ngrokMissing:
    'ngrok is not installed. Get it from https://ngrok.com/download, or name the program in llmRouter.tunnel.binary.',
  ngrokTokenMissing:
    'ngrok has no authtoken. Copy it from https://dashboard.ngrok.com/get-started/your-authtoken and store it with the command Set Tunnel Secret (headless: NGROK_AUTHTOKEN).',
  ngrokToken: (code: string) =>
    `ngrok refuses the authtoken${code && ` (${code})`}. Copy it again from https://dashboard.ngrok.com/get-started/your-authtoken and store it with the command Set Tunnel Secret.`,
  ngrokAgentLimit: (code: string) =>
    `This ngrok account already runs as many agents as its plan allows (${code}). End the other one (https://dashboard.ngrok.com/agents); trying again every minute.`,
  ngrokDomainOnline: (code: string) =>
    `Another ngrok agent already serves this domain (${code}). End it (https://dashboard.ngrok.com/endpoints), or choose another one in llmRouter.tunnel.hostname; trying again every minute.`,
  ngrokDomainTaken: (code: string) =>
    `This domain does not belong to the ngrok account (${code}). Reserve it at https://dashboard.ngrok.com/domains, or correct llmRouter.tunnel.hostname (empty is the domain of the account).`,
  ngrokVersion2: (path: string, version: string) =>
    `The ngrok at ${path} is version ${version}, which is too old: version 3 is needed. Get it from https://ngrok.com/download, or run: ngrok update`,
  ngrokTooOld: (code: string) => `This ngrok is too old for the service (${code}). Run: ngrok update`,
  ngrokBlocked: (code: string) =>
    `ngrok does not allow connections from this network (${code}). Use another network or another provider.`,
  ngrokOther: (code: string, page: string) => `ngrok reports ${code}: see ${page}. Trying again every minute.`,
  ngrokLimit: (code: string, page: string) =>
    `ngrok answers with ${code} instead of the router: see ${page}. A used-up monthly limit shows like this.`,
  tailscaleMissing:
    'Tailscale is not installed. Get it from https://tailscale.com/download and sign in, or choose another provider.',
  tailscaleSilent: 'Tailscale did not answer in time. Look at its window or service; the tunnel follows by itself.',
  tailscaleNotRunning: 'The Tailscale service is not running. Start Tailscale; the tunnel follows by itself.',
  tailscaleSession:
    'Tailscale is signed out, or its session expired. Sign in again (tailscale up); the tunnel follows by itself.',
  tailscaleApproval: 'This computer waits for approval in the Tailscale admin console. The tunnel follows by itself.',
  tailscaleOff: 'Tailscale is switched off. Switch it on; the tunnel follows by itself.',
  tailscaleStarting: 'Waiting for Tailscale to connect.',
  tailscaleNoName: 'This computer has no public name in Tailscale. Switch MagicDNS on in the admin console (DNS).',
  tailscaleNoHttps:
    'HTTPS certificates are off for this tailnet. Switch them on in the Tailscale admin console (DNS); the tunnel follows by itself.',
  tailscaleNotEnabled:
    'Funnel is not enabled for this tailnet. Enable it in the Tailscale admin console (Access controls, Funnel); the tunnel follows by itself.',
  tailscaleNotEnabledAt: (link: string) =>
    `Funnel is not enabled for this tailnet. Enable it here: ${link}; the tunnel follows by itself.`,
  tailscaleDenied:
    'Tailscale does not let this user change Funnel. Run once: sudo tailscale set --operator=$USER; the tunnel follows by itself.',
  tailscaleShields:
    'Tailscale blocks incoming connections on this computer. Allow them in its menu (or: tailscale set --shields-up=false).',
  tailscalePortsTaken:
    'All ports of Funnel (443, 8443, 10000) are used by something else. Free one (tailscale funnel status).',
  tailscaleFailed: (why: Words) => `Tailscale did not switch Funnel on: ${textOf(why)}. Trying again by itself.`,
  // tailscale#19425, #20739, #20746, #21067.
  tailscaleCut:
    'Funnel is on here, but its public address ends every connection before it gets to this computer. Update Tailscale, or restart its service (some versions fail like this); looking again by itself.',
  noReason: 'no reason given',
  severalTries: 'several tries failed',
  thePublicUrl: 'The public URL',

  // What is not a sentence of ours
  /** Words of a program or of the system, as they are. */
  other: (words: string) => words,
  couldNotStart: (why: Words) => `The tunnel could not start: ${textOf(why)}${/[.!?]$/.test(textOf(why)) ? '' : '.'}`,
});
