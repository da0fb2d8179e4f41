/** Ollama cuts a prompt that is longer than its window and answers 200 all the same: told, since nobody else does (15 §5). */
import type { Target } from '../routing/backend';
import { spoken, type Told } from '../said';
import type { Usage } from '../wires/conversation';
import { estimateInputTokens } from '../wires/tokens';
import type { ClientRequest } from './clientRequest';
import { say } from './sentences';

/** Estimates of short prompts are too rough to conclude anything from. */
const LEAST_TOKENS = 1_000;
/** Bytes of a body per token at most: where even these do not reach the doubt, nothing is estimated. */
const BYTES_PER_TOKEN = 2;

/** What happened, and what to do, in sentences: far less was read than was sent. */
export type CutPrompt = Told<'what' | 'fix'>;

export function cutPrompt(request: ClientRequest, target: Target, usage: Usage | undefined): CutPrompt | undefined {
  if (target.backend.preset !== 'ollama' || !usage || usage.estimated || usage.input === 0) return undefined;
  if (request.bytes.length / BYTES_PER_TOKEN < Math.max(LEAST_TOKENS, usage.input * 2)) return undefined;
  const sent = estimateInputTokens(request.body());
  if (sent < LEAST_TOKENS || sent < usage.input * 2) return undefined;
  const about = (Math.round(sent / 100) * 100).toLocaleString('en-US');
  return spoken({ what: say.promptCut(usage.input.toLocaleString('en-US'), about), fix: say.promptCutFix });
}
