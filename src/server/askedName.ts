/**
 * On the messages wire every client is told the model name it asked for: Claude Code compares, and drops its own thinking
 * blocks when the names differ. One value is written anew, all other bytes stay; who really answered stands in headers.
 */
import type { JsonObject } from '../wires/conversation';
import { type JsonEntry, JsonTextError, scanObject, splice } from '../wires/jsonText';
import { objectOf, parseObject } from '../wires/read';
import type { RawSseEvent } from '../wires/sse';

/** Name for the answers of a wire; undefined where the upstream's own value stays, or where no name was asked for. */
export function toldName(wire: string | undefined, asked: string): string | undefined {
  return wire === 'messages' && asked !== '' ? asked : undefined;
}

/** The event, with the name in the message it begins. */
export function nameEvent({ raw, event, data }: RawSseEvent, name: string): Buffer {
  const begins = event === undefined ? raw.includes('"message_start"') : event === 'message_start';
  if (!begins) return raw;
  const start = raw.indexOf('{', raw.indexOf('data:'));
  const inPlace = edited(() => {
    const message = entryOf(scanObject(raw, start), 'message', 'object');
    return message && renamed(raw, scanObject(raw, message.start), name);
  });
  if (inPlace) return inPlace;
  // An object over several data lines is no JSON where it lies.
  const value = parseObject(data);
  const message = objectOf(value?.message);
  if (typeof message?.model !== 'string') return raw;
  const told: JsonObject = { ...value, message: { ...message, model: name } };
  return Buffer.from(`event: message_start\ndata: ${JSON.stringify(told)}\n\n`);
}

/** A whole answer with the name. */
export function nameAnswer(body: Buffer, name: string): Buffer {
  return edited(() => renamed(body, scanObject(body), name)) ?? body;
}

function renamed(bytes: Buffer, entries: readonly JsonEntry[], name: string): Buffer | undefined {
  const model = entryOf(entries, 'model', 'string');
  return model && splice(bytes, [{ start: model.start, end: model.end, text: JSON.stringify(name) }]);
}

/** With a repeated key the last one counts, as for every reader. */
function entryOf(entries: readonly JsonEntry[], key: string, kind: JsonEntry['kind']): JsonEntry | undefined {
  const found = entries.findLast((entry) => entry.key === key);
  return found?.kind === kind ? found : undefined;
}

function edited(edit: () => Buffer | undefined): Buffer | undefined {
  try {
    return edit();
  } catch (error) {
    if (error instanceof JsonTextError) return undefined;
    throw error;
  }
}
