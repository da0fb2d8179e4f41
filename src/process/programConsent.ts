/**
 * A program that a file of the current folder names (`CLOUDFLARED_BIN` of ./.env, `tunnel.binary` of ./llm-router.json) would run
 * because somebody started the router there: on a terminal it is asked for once, elsewhere said once. What the command line or
 * the environment names is the person's own word.
 */
import type { Settings } from '../settings/schema';
import { CARDS } from '../tunnel/cards';

export interface ProgramConsentOptions {
  /** ./.env was read because it was there, and names this program. */
  fromEnvFile(): string | undefined;
  /** The configuration was found in the current folder, not named. */
  foundConfig: boolean;
  say(sentence: string): void;
  /** On a terminal; absent: nobody is there to ask. */
  ask?(question: string): Promise<boolean>;
}

export interface ProgramConsent {
  /** The settings without a program that nobody wants to run. */
  settings(settings: Settings): Promise<Settings>;
  /** Whether the program of ./.env may be run; true when there is none. */
  environment(): Promise<boolean>;
}

export function createProgramConsent({ fromEnvFile, foundConfig, say, ask }: ProgramConsentOptions): ProgramConsent {
  const answers = new Map<string, Promise<boolean>>();

  function allowed(program: string, where: string): Promise<boolean> {
    const known = answers.get(program);
    if (known) return known;
    const answer = ask
      ? ask(`${where} of this folder wants ${program} run for the tunnel. Run it? [y/N] `)
      : Promise.resolve(true);
    if (!ask) say(`${program} is run for the tunnel, since ${where} of this folder says so.`);
    answers.set(program, answer);
    return answer;
  }

  return {
    async settings(settings) {
      const { binary, provider } = settings.tunnel;
      if (!foundConfig || !binary || !CARDS[provider].program) return settings;
      if (await allowed(binary, 'the configuration')) return settings;
      return { ...settings, tunnel: { ...settings.tunnel, binary: '' } };
    },
    async environment() {
      const program = fromEnvFile();
      return program === undefined || program === '' || (await allowed(program, './.env'));
    },
  };
}
