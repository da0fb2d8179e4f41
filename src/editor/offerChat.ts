/** Offers the router's models to VS Code's own chat, where the editor can take them (1.104 and newer). */
import { type ChatModelProvider, type Disposable, EventEmitter, lm } from 'vscode';
import type { createChat } from '../chat/main';
import { CLIENT_KEY } from '../settings/keyNames';
import type { Editor } from './controller';
import { phaseOf } from './view';

/** The name in package.json's `languageModelChatProviders`. */
const VENDOR = 'llm-router';

export function offerChat(editor: Editor): Disposable {
  const changes = new EventEmitter<void>();
  let loaded: ChatModelProvider | undefined;
  /** A bundle of its own, so that activation stays as it is. */
  const chat = (): ChatModelProvider => {
    loaded ??= (require(editor.context.asAbsolutePath('dist/chat.js')) as { createChat: typeof createChat }).createChat(
      async () => {
        const url = phaseOf(editor.view) === 'running' && editor.view.state?.localUrl;
        const key = url && (await editor.keys.get(CLIENT_KEY));
        return url && key ? { url, key } : undefined;
      },
    );
    return loaded;
  };
  let phase = '';
  const subscriptions: Disposable[] = [
    changes,
    editor.onDidPush(() => changes.fire()),
    editor.onDidChangeView((view) => {
      if (phase !== (phase = phaseOf(view))) changes.fire();
    }),
  ];
  try {
    const offer = lm.registerLanguageModelChatProvider?.(VENDOR, {
      onDidChangeLanguageModelChatInformation: changes.event,
      provideLanguageModelChatInformation: (...asked) => chat().provideLanguageModelChatInformation(...asked),
      provideLanguageModelChatResponse: (...asked) => chat().provideLanguageModelChatResponse(...asked),
      provideTokenCount: (...asked) => chat().provideTokenCount(...asked),
    });
    if (offer) subscriptions.push(offer);
  } catch (error) {
    // Some older editors have the function but keep it to themselves.
    editor.log.debug(`The models are not offered to the chat of this editor: ${error}`);
  }
  return { dispose: () => subscriptions.forEach((subscription) => void subscription.dispose()) };
}
