/** The Anthropic Messages wire. */
import type { WireCodec } from './codec';
import { readFailure } from './failure';
import { emitMessagesAnswer, emitMessagesError, parseMessagesAnswer } from './messagesAnswer';
import { emitMessagesRequest } from './messagesEmit';
import { createMessagesEmitter } from './messagesEmitter';
import { parseMessagesRequest } from './messagesRequest';
import { createMessagesParser } from './messagesStream';

export const messagesCodec: WireCodec = {
  wire: 'messages',
  parseRequest: parseMessagesRequest,
  emitRequest: emitMessagesRequest,
  createStreamParser: createMessagesParser,
  createStreamEmitter: createMessagesEmitter,
  parseAnswer: parseMessagesAnswer,
  emitAnswer: emitMessagesAnswer,
  parseError: (status, headers, body) => readFailure(status, headers, body, Date.now()),
  emitError: emitMessagesError,
};
