/** Ollama passes some models on to its cloud, and answers for it where nobody is signed in. */
import type { Target } from '../routing/backend';
import { messageOf } from '../said';
import type { ApiFailure } from '../wires/conversation';
import { say } from './sentences';

/** A 401 of such a model is about no key of ours: a key that is set would change nothing (ollama#15074, #16065, continue#11404). */
export function signedOut(
  { backend, upstreamModel }: Pick<Target, 'backend' | 'upstreamModel'>,
  key: string | undefined,
  status: number,
): ApiFailure | undefined {
  const cloud = backend.preset === 'ollama' && key === undefined && /[:-]cloud$/.test(upstreamModel);
  if (!cloud || status !== 401) return undefined;
  return { status: 403, kind: 'permission', own: true, ...messageOf(say.ollamaSignedOut(upstreamModel)) };
}
