/** Which codec speaks a wire. */
import { chatCodec } from './chat';
import type { WireCodec } from './codec';
import type { WireName } from './conversation';
import { messagesCodec } from './messages';
import { responsesCodec } from './responses';

const CODECS: Readonly<Record<WireName, WireCodec>> = {
  chat: chatCodec,
  responses: responsesCodec,
  messages: messagesCodec,
};

export function codecFor(wire: WireName): WireCodec {
  return CODECS[wire];
}
