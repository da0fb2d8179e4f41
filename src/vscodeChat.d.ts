/**
 * VS Code's API for language models of extensions, finished in 1.104 and absent before: @types/vscode follows the oldest editor
 * we support, so what newer ones have is declared here as what may be missing.
 */
import type {
  CancellationToken,
  Disposable,
  Event,
  LanguageModelChatMessage,
  LanguageModelChatTool,
  Progress,
} from 'vscode';

declare module 'vscode' {
  /** What an answer is made of. */
  type ChatPart = LanguageModelTextPart | LanguageModelToolCallPart | { value: string };

  interface ChatModelInformation {
    id: string;
    name: string;
    family: string;
    version: string;
    tooltip?: string;
    detail?: string;
    maxInputTokens: number;
    maxOutputTokens: number;
    capabilities: { imageInput?: boolean; toolCalling?: boolean };
  }

  interface ChatResponseOptions {
    readonly modelOptions?: Readonly<Record<string, unknown>>;
    readonly tools?: readonly LanguageModelChatTool[];
    /** LanguageModelChatToolMode; 2 is Required. */
    readonly toolMode?: number;
  }

  interface ChatModelProvider {
    onDidChangeLanguageModelChatInformation?: Event<void>;
    provideLanguageModelChatInformation(
      options: { silent: boolean },
      token: CancellationToken,
    ): Promise<ChatModelInformation[]>;
    provideLanguageModelChatResponse(
      model: ChatModelInformation,
      messages: readonly LanguageModelChatMessage[],
      options: ChatResponseOptions,
      progress: Progress<ChatPart>,
      token: CancellationToken,
    ): Promise<void>;
    provideTokenCount(
      model: ChatModelInformation,
      text: string | LanguageModelChatMessage,
      token: CancellationToken,
    ): Promise<number>;
  }

  namespace lm {
    const registerLanguageModelChatProvider: ((vendor: string, provider: ChatModelProvider) => Disposable) | undefined;
  }

  /** A part for thinking, there at run time from 1.104 on; still a proposal in the types. */
  const LanguageModelThinkingPart: (new (value: string) => { value: string }) | undefined;
}
