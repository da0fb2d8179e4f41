/** The tailscale command as documented, over a state file beside it: status, funnel, funnel status, funnel … off. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TailscaleState } from '../fakeTailscale';

const file = path.join(__dirname, 'state.json');
const state: TailscaleState = JSON.parse(readFileSync(file, 'utf8'));
const args = process.argv.slice(2);
const words = args.join(' ');

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

if (state.backend === undefined)
  fail("failed to connect to local tailscaled; it doesn't appear to be running (sudo systemctl start tailscaled ?)");

if (state.silent) {
  setInterval(() => {}, 1_000);
} else if (words === 'status --json --peers=false') {
  const capabilities: Record<string, null> = { 'https://tailscale.com/cap/is-owner': null };
  if (state.https) capabilities.https = null;
  if (state.funnel) capabilities.funnel = null;
  const self = {
    DNSName: `${state.name}.`,
    Online: true,
    CapMap: capabilities,
    ...(state.expired && { Expired: true }),
  };
  process.stdout.write(
    JSON.stringify({ Version: '1.90.1', BackendState: state.backend, Self: self, CertDomains: [state.name] }),
  );
} else if (words === 'funnel status --json') {
  process.stdout.write(JSON.stringify(state.serve ?? null));
} else if (/^funnel --https=\d+ off$/.test(words)) {
  const port = /=(\d+)/.exec(words)![1]!;
  if (!state.serve?.Web?.[`${state.name}:${port}`]) fail('error: failed to remove web serve: handler does not exist');
  delete state.serve.Web[`${state.name}:${port}`];
  delete state.serve.TCP?.[port];
  delete state.serve.AllowFunnel?.[`${state.name}:${port}`];
  writeFileSync(file, JSON.stringify(state));
} else if (/^funnel --bg --yes --https=\d+ http:\/\/127\.0\.0\.1:\d+$/.test(words)) {
  if (state.denied)
    fail(
      "sending serve config: Access denied: serve config denied\nUse 'sudo tailscale funnel'.\nTo not require root, use 'sudo tailscale set --operator=$USER' once.",
    );
  if (state.shields)
    fail('sending serve config: updating config: Unable to turn on Funnel while shields-up is enabled');
  if (!state.funnel) {
    process.stdout.write(
      '\nFunnel is not enabled on your tailnet.\nTo enable, visit:\n\n         https://login.tailscale.com/f/funnel?node=nTest11CNTRL\n\n',
    );
    // It waits until somebody has opened that page.
    setInterval(() => {}, 1_000);
  } else {
    const port = /--https=(\d+)/.exec(words)![1]!;
    const target = args.at(-1)!;
    const key = `${state.name}:${port}`;
    const { TCP, Web, AllowFunnel } = state.serve ?? {};
    state.serve = {
      ...state.serve,
      TCP: { ...TCP, [port]: { HTTPS: true } },
      Web: { ...Web, [key]: { Handlers: { '/': { Proxy: target } } } },
      AllowFunnel: { ...AllowFunnel, [key]: true },
    };
    writeFileSync(file, JSON.stringify(state));
    process.stdout.write(
      `Available on the internet:\n\nhttps://${state.name}/\n|-- proxy ${target}\n\nFunnel started and running in the background.\n`,
    );
  }
} else {
  fail(`unexpected: tailscale ${words}`);
}
