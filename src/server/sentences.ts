/** Every sentence about requests that is told to the person who runs the router. */
import { catalogue } from '../said';

export const say = catalogue('server', {
  promptCut: (read: string, sent: string) =>
    `Ollama read ${read} of about ${sent} input tokens: the prompt was cut to its window.`,
  promptCutFix: 'Start Ollama with OLLAMA_CONTEXT_LENGTH=32768 or more, or set num_ctx in the model.',
});
