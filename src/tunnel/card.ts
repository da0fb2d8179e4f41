/** What everybody else asks about a kind of tunnel, and what a kind can do. Each kind's own file holds both. */
import type { Network } from '../network/httpsClient';
import type { NetworkSettings } from '../network/settings';
import type { Said } from '../said';
import type { Settings } from '../settings/schema';
import type { Dial, Driver } from './driver';
import type { StateFile } from './stateFile';
import type { TunnelWorld } from './world';

/** Plain facts, for every bundle: the editor reads them without the drivers. */
export interface TunnelCard {
  /** For people: how Set Up Tunnel and Set Tunnel Secret name it. */
  readonly title: string;
  readonly description: string;
  readonly detail?: string;
  /** Theme icon of the editor. */
  readonly icon: string;
  /** The program on this machine that it goes through. `installable`: we download it when somebody consents. */
  readonly program?: { readonly name: string; readonly installable?: true };
  /** What Set Up Tunnel asks for first. */
  readonly asks?: {
    readonly setting: 'hostname' | 'url';
    readonly title: string;
    readonly example: string;
    readonly form: RegExp;
  };
  /** Who we are to its service: in the key store, or in this variable of the environment. `asked`: by Set Up Tunnel too. */
  readonly secret?: { readonly title: string; readonly env: string; readonly asked?: true };
  /** Where its public URL is dialled from here. */
  readonly dial?: Dial;
  /** In which header its edge names the visitor. */
  readonly visitorHeader: 'cf-connecting-ip' | 'x-forwarded-for';
  /** It has another URL for whoever asks. */
  readonly renewable: boolean;
  /** It connects to port 7844 of Cloudflare's edge. */
  readonly edge?: true;
  /** The setting that its URL depends on. */
  readonly setting: 'tunnel.provider' | 'tunnel.hostname' | 'tunnel.url';
}

export interface WayOptions {
  settings: Settings['tunnel'];
  /** Port of the router's listener on 127.0.0.1. */
  localPort: number;
  /** Private socket of the same listener, where the system has such. */
  origin?: string;
  dataDir: string;
  /** The secret of the card. */
  token: string | undefined;
  /** CLOUDFLARED_BIN; the setting wins. */
  cloudflaredBin: string | undefined;
  /** A missing program may be downloaded: somebody consented. */
  mayInstall: boolean;
  network: Network;
  networkSettings: NetworkSettings | undefined;
  state: StateFile;
  world: TunnelWorld;
}

export type ProgramOptions = Pick<WayOptions, 'settings' | 'dataDir' | 'cloudflaredBin' | 'world'>;

/** What a kind does. */
export interface TunnelWay {
  driver(options: WayOptions): Driver;
  /** The program that would run. Throws a TunnelProblem. */
  program?(options: ProgramOptions): Promise<{ path: string; version: string }>;
  /** A person decides where the public side leads: what to tell them when it is not here. */
  leads?(port: number): Said;
  /** The URL that the settings name; undefined where they name none that can be used. */
  fixedUrl?(settings: Settings['tunnel']): string | undefined;
  /** Ends what it left behind that is no program of ours. Never throws. */
  endLeft?(state: StateFile, world: TunnelWorld): Promise<void>;
}

/** The host in a setting, pasted as a URL or not. */
export const hostOf = (setting: string): string =>
  setting
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
