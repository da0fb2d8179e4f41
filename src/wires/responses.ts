/** The OpenAI Responses wire. */
import type { WireCodec } from './codec';
import { openAiError, readFailure } from './failure';
import { emitResponsesAnswer } from './responsesAnswer';
import { emitResponsesRequest } from './responsesEmit';
import { createResponsesEmitter } from './responsesEmitter';
import { parseResponsesAnswer } from './responsesRead';
import { parseResponsesRequest } from './responsesRequest';
import { createResponsesParser } from './responsesStream';

export const responsesCodec: WireCodec = {
  wire: 'responses',
  parseRequest: parseResponsesRequest,
  emitRequest: emitResponsesRequest,
  createStreamParser: createResponsesParser,
  createStreamEmitter: createResponsesEmitter,
  parseAnswer: parseResponsesAnswer,
  emitAnswer: emitResponsesAnswer,
  parseError: (status, headers, body) => readFailure(status, headers, body, Date.now()),
  emitError: openAiError,
};
