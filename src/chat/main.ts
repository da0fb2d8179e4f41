/**
 * The router's models in VS Code's own chat: a client like any other, on the router's local URL with the key of this editor.
 * A bundle of its own (dist/chat.js), loaded when the editor first asks.
 */
import {
  CancellationError,
  type CancellationToken,
  type ChatModelProvider,
  type ChatPart,
  LanguageModelTextPart,
  LanguageModelThinkingPart,
  LanguageModelToolCallPart,
  l10n,
} from 'vscode';
import { parseObject } from '../wires/read';
import { estimateInputTokens, estimateText } from '../wires/tokens';
import { type AnswerPart, createAnswerReader } from './answer';
import { askRouter, type Door, SILENCE, sentenceOf, textOf } from './http';
import { chatModels } from './models';
import { chatBody, chatMessages } from './request';

/** LanguageModelChatToolMode.Required. */
const REQUIRED = 2;

/** @param door Undefined while the router is not running. */
export function createChat(door: () => Promise<Door | undefined>, silence = SILENCE): ChatModelProvider {
  return {
    async provideLanguageModelChatInformation(_options, token) {
      const open = await door();
      if (!open) return [];
      return chatModels(parseObject(await textOf(await askRouter(open, 'models', signalOf(token), silence.list))));
    },

    async provideLanguageModelChatResponse(model, messages, { tools, toolMode, modelOptions }, progress, token) {
      const open = await door();
      if (!open) throw new Error(l10n.t('LLM Router is not running. Run the command LLM Router: Start Router.'));
      const body = chatBody({ model: model.id, messages, tools, toolRequired: toolMode === REQUIRED, modelOptions });
      const reader = createAnswerReader();
      const report = (parts: readonly AnswerPart[]): void => {
        for (const part of parts) for (const shown of shownAs(part)) progress.report(shown);
      };
      try {
        const answer = await askRouter(open, 'chat/completions', signalOf(token), silence.answer, body);
        for await (const chunk of answer) report(reader.push(chunk as Buffer));
        report(reader.finish());
      } catch (error) {
        throw token.isCancellationRequested ? new CancellationError() : sentenceOf(error);
      }
    },

    async provideTokenCount(_model, text) {
      return typeof text === 'string' ? estimateText(text) : estimateInputTokens({ messages: chatMessages([text]) });
    },
  };
}

/** Editors without a part for thinking are not shown any. */
function shownAs(part: AnswerPart): ChatPart[] {
  if (part.kind === 'call') return [new LanguageModelToolCallPart(part.id, part.name, part.input)];
  if (part.kind === 'text') return [new LanguageModelTextPart(part.text)];
  return LanguageModelThinkingPart ? [new LanguageModelThinkingPart(part.text)] : [];
}

function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort();
  token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
