/** A public URL of the user's own (VPS, reverse proxy, Worker): nothing to run, the same verification. */
import type { TunnelCard, TunnelWay } from '../card';
import { type Driver, type Link, TunnelProblem } from '../driver';
import { say } from '../sentences';

export const customCard: TunnelCard = {
  title: 'A public URL of your own',
  description: 'reverse proxy, VPS',
  icon: 'link',
  asks: {
    setting: 'url',
    title: 'Public URL that leads to this router',
    example: 'https://llm.example.com',
    form: /^https:\/\/[^\s/]+\.[^\s]+$/i,
  },
  visitorHeader: 'x-forwarded-for',
  renewable: false,
  setting: 'tunnel.url',
};

export const custom: TunnelWay = {
  driver: ({ settings, localPort }) => customDriver(settings.url, localPort),
  leads: (port) => say.forwardHere(port),
  fixedUrl: ({ url }) => publicOrigin(url),
};

function customDriver(url: string, localPort: number): Driver {
  const publicUrl = publicOrigin(url);
  return {
    provider: 'custom',
    program: 'The public URL',
    renewable: customCard.renewable,
    knownUrl: () => publicUrl,
    adopt: async () => undefined,
    open: async () => {
      if (!publicUrl) {
        const said = url.trim() ? say.customUrlWrong(url.trim()) : say.customUrlMissing;
        throw new TunnelProblem('error', said, { person: true });
      }
      return standingLink(publicUrl);
    },
    connectMs: () => 0,
    fallBack: () => false,
    nothingConnects: () => new TunnelProblem('error', say.noConnection(say.thePublicUrl)),
    refused: () => new TunnelProblem('error', say.noConnection(say.thePublicUrl)),
    forget: async () => {},
    proven: () => {},
    explainStatus: (status) => ([200, 404].includes(status) ? say.forwardHere(localPort) : say.badStatus(status)),
  };
}

/** The origin of an https URL. A trailing /v1 is what people copy from elsewhere; other paths cannot be served. */
function publicOrigin(text: string): string | undefined {
  try {
    const url = new URL(text.trim());
    const plain = /^\/(v1\/?)?$/.test(url.pathname) && !url.search && !url.username;
    return url.protocol === 'https:' && plain ? url.origin : undefined;
  } catch {
    return undefined;
  }
}

function standingLink(publicUrl: string): Link {
  return {
    publicUrl,
    pollMs: 3_600_000,
    lostAfterMs: 0,
    honest: true,
    registered: true,
    standing: true,
    onEvent: () => {},
    connected: async () => true,
    close: async () => {},
    leave: () => {},
  };
}
