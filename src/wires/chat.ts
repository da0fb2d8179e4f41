/** The codec of OpenAI Chat Completions, the wire most providers and Cursor speak. */
import { emitChatRequest } from './chatEmit';
import { createChatStreamEmitter, emitChatAnswer } from './chatReply';
import { parseChatRequest } from './chatRequest';
import { createChatStreamParser, parseChatAnswer } from './chatStream';
import type { WireCodec } from './codec';
import { openAiError, readFailure } from './failure';

export const chatCodec: WireCodec = {
  wire: 'chat',
  parseRequest: parseChatRequest,
  emitRequest: emitChatRequest,
  createStreamParser: createChatStreamParser,
  createStreamEmitter: createChatStreamEmitter,
  parseAnswer: parseChatAnswer,
  emitAnswer: emitChatAnswer,
  // The clock serves only dates in headers of an answer that does not tell its own.
  parseError: (status, headers, body) => readFailure(status, headers, body, Date.now()),
  emitError: openAiError,
};
