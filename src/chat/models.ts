/** The router's list of models in the words of the editor. Pure. */
import { type ChatModelInformation, l10n } from 'vscode';
import type { JsonObject } from '../wires/conversation';
import { arrayOf, filledString, numberOf, objectOf } from '../wires/read';

/** The editor wants numbers where nothing is known: what most models of 2026 can at least. */
const WINDOW = 128_000;
const OUTPUT = 16_000;

export function chatModels(list: JsonObject | undefined): ChatModelInformation[] {
  return arrayOf(list?.data).flatMap((entry) => {
    const model = objectOf(entry);
    const id = filledString(model?.id);
    return model && id ? [chatModel(id, model)] : [];
  });
}

function chatModel(id: string, entry: JsonObject): ChatModelInformation {
  const window = numberOf(entry.context_length) ?? WINDOW;
  const largest = numberOf(objectOf(entry.top_provider)?.max_completion_tokens) ?? OUTPUT;
  // Some models may answer with their whole window; a question needs most of it.
  const maxOutputTokens = Math.min(largest, Math.floor(window / 4));
  const price = priceLine(objectOf(entry.pricing));
  return {
    id,
    name: id,
    // Where a list says nothing the model is trusted with both: its provider says what it cannot.
    capabilities: { toolCalling: takes(entry.supported_parameters, 'tools'), imageInput: seesImages(entry) },
    family: id.slice(id.lastIndexOf('/') + 1).replace(/:[a-z]+$/, ''),
    version: '1',
    detail: 'LLM Router',
    ...(price && { tooltip: price }),
    maxInputTokens: window - maxOutputTokens,
    maxOutputTokens,
  };
}

function seesImages({ architecture }: JsonObject): boolean {
  return takes(objectOf(architecture)?.input_modalities, 'image');
}

function takes(list: unknown, word: string): boolean {
  return !Array.isArray(list) || list.includes(word);
}

function priceLine(pricing: JsonObject | undefined): string | undefined {
  const perMillion = (value: unknown): string => `$${Number((Number(value) * 1e6).toFixed(4))}`;
  return (
    pricing && l10n.t('{0} in, {1} out per million tokens', perMillion(pricing.prompt), perMillion(pricing.completion))
  );
}
