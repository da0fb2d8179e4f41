/** OpenAI Responses: the upstream's stream into neutral events. */
import { MOST_CALLS, namelessCall, tooManyCalls } from './callBounds';
import type { SseEvent, StreamParser } from './codec';
import type { ApiFailure, JsonObject, StreamEvent } from './conversation';
import { chatForResponses, failureOfEvent } from './failure';
import { arrayOf, filledString, isObject, numberOf, objectOf, parseObject, stringOf } from './read';
import { callHead, callPayload, isCall, messageContent, readFinish, readResponsesUsage } from './responsesRead';
import { readReasoningItem } from './responsesRequest';

/** What has been seen of one output item. What was streamed tells what a `.done` or final object adds (R8, R9). */
interface Item {
  /** Neutral block of a call or of reasoning. */
  index: number;
  started: boolean;
  text: string;
  closed: boolean;
  /** Of a message. */
  phase?: string;
  /** Content parts of a message, by content index. */
  parts: Map<number, { index: number; text: string; phase?: string }>;
  /** Reasoning comes as summary or as raw text; the first one seen is used. */
  reasoningKind?: 'summary' | 'raw';
  reasoningPart: number;
}

/** What a whole text adds to what was streamed of it. One that reads differently (redacted, corrected) adds nothing. */
function restOf(whole: string, streamed: string): string {
  return whole.startsWith(streamed) ? whole.slice(streamed.length) : '';
}

/** The event with its item's own id where it names none; llama.cpp calls an item without one by its call (llama.cpp#20607). */
function withId(event: JsonObject, item: JsonObject): JsonObject {
  const id = idOf(item);
  return event.output_index === undefined && event.item_id === undefined && id !== undefined
    ? { ...event, item_id: id }
    : event;
}

function sayPhase(item: Item, value: JsonObject): void {
  const phase = filledString(value.phase);
  if (phase !== undefined) item.phase ??= phase;
}

function idOf(item: JsonObject): string | undefined {
  return filledString(item.id) ?? filledString(item.call_id);
}

/** Parser of `response.*` events. What comes only in a `.done` event or the final object is emitted exactly once. */
export function createResponsesParser(): StreamParser {
  const byIndex = new Map<number, Item>();
  const byId = new Map<string, Item>();
  /** The item events without index and id belong to. */
  let nameless: Item | undefined;
  let nextIndex = 0;
  let started = false;
  let over = false;
  let calls = 0;
  /** The answer failed, and nobody has said why yet. */
  let unexplained: JsonObject | undefined;

  function itemOf(event: JsonObject): Item {
    // Servers that leave the index out name the item, or send one item after the other. Some change ids on the way.
    const index = numberOf(event.output_index);
    const id = filledString(event.item_id);
    const known = (index !== undefined && byIndex.get(index)) || (id !== undefined && byId.get(id)) || undefined;
    const isNameless = index === undefined && id === undefined;
    const item = known ?? (isNameless ? nameless : undefined) ?? newItem();
    if (index !== undefined) byIndex.set(index, item);
    if (id !== undefined) byId.set(id, item);
    if (isNameless) nameless = item;
    return item;
  }
  /** Some servers give every item the same index: one that begins where another has ended is an item of its own. */
  function freeIndex(event: JsonObject, value: JsonObject | undefined): void {
    const index = numberOf(event.output_index);
    if (index === undefined || !byIndex.get(index)?.closed) return;
    const item = newItem();
    byIndex.set(index, item);
    const id = filledString(value?.id);
    if (id !== undefined) byId.set(id, item);
  }
  function newItem(): Item {
    return { index: -1, started: false, text: '', closed: false, parts: new Map(), reasoningPart: 0 };
  }
  function partOf(item: Item, contentIndex: number): { index: number; text: string; phase?: string } {
    let part = item.parts.get(contentIndex);
    if (!part) {
      part = { index: nextIndex++, text: '' };
      item.parts.set(contentIndex, part);
    }
    return part;
  }

  function start(response: JsonObject | undefined): StreamEvent[] {
    if (started) return [];
    started = true;
    const event: StreamEvent = { type: 'start' };
    const id = filledString(response?.id);
    if (id) event.id = id;
    const model = filledString(response?.model);
    if (model) event.model = model;
    const created = numberOf(response?.created_at);
    if (created !== undefined) event.created = created;
    return [event];
  }

  function content(event: JsonObject, type: 'text' | 'refusal', text: string, whole: boolean): StreamEvent[] {
    const item = itemOf(event);
    if (item.closed) return [];
    const part = partOf(item, numberOf(event.content_index) ?? 0);
    const fresh = whole ? restOf(text, part.text) : text;
    const phase = type === 'text' && part.text === '' ? item.phase : undefined;
    part.text += fresh;
    if (phase !== undefined) part.phase = phase;
    return fresh === '' ? [] : [{ type, index: part.index, text: fresh, ...(phase !== undefined && { phase }) }];
  }

  function reasoning(event: JsonObject, kind: 'summary' | 'raw', text: string, whole: boolean): StreamEvent[] {
    const item = itemOf(event);
    item.reasoningKind ??= kind;
    if (item.reasoningKind !== kind || item.closed) return [];
    const events: StreamEvent[] = [];
    const at = numberOf(kind === 'summary' ? event.summary_index : event.content_index) ?? 0;
    if (at !== item.reasoningPart) {
      item.reasoningPart = at;
      item.text = '';
      if (item.started && text !== '') events.push({ type: 'reasoning', index: item.index, text: '\n\n' });
    }
    const fresh = whole ? restOf(text, item.text) : text;
    if (fresh === '') return events;
    item.text += fresh;
    if (item.started) {
      events.push({ type: 'reasoning', index: item.index, text: fresh });
      return events;
    }
    item.started = true;
    item.index = nextIndex++;
    const id = stringOf(event.item_id);
    events.push({ type: 'reasoning', index: item.index, text: fresh, ...(id !== undefined && { id }) });
    return events;
  }

  function callStart(item: Item, value: JsonObject): StreamEvent[] {
    if (item.started) return [];
    if (!filledString(value.name)) return stop(namelessCall());
    item.started = true;
    item.index = nextIndex++;
    if (++calls > MOST_CALLS) return stop(tooManyCalls());
    return [{ type: 'toolCallStart', index: item.index, ...callHead(value) }];
  }

  function stop(failure: ApiFailure): StreamEvent[] {
    over = true;
    return [{ type: 'error', failure }];
  }

  function callText(event: JsonObject, text: string, whole: boolean): StreamEvent[] {
    const item = itemOf(event);
    if (!item.started || item.closed) return [];
    const fresh = whole ? restOf(text, item.text) : text;
    item.text += fresh;
    return fresh === '' ? [] : [{ type: 'toolCallDelta', index: item.index, text: fresh }];
  }

  /** An item as it finally is: whatever had not come yet, then its end. */
  function done(event: JsonObject, value: JsonObject): StreamEvent[] {
    const item = itemOf(event);
    if (item.closed) return [];
    const events: StreamEvent[] = [];
    switch (value.type) {
      case 'message':
        sayPhase(item, value);
        messageContent(value).forEach((part, at) => {
          events.push(...contentDone({ ...event, content_index: at }, part));
          // Bridges know it when the item ends (opencodex#542): a word without text for what went out without it.
          const said = item.parts.get(at);
          if (item.phase !== undefined && said?.phase === undefined && said?.text && part.type === 'output_text')
            events.push({ type: 'text', index: said.index, text: '', phase: item.phase });
        });
        break;
      case 'function_call':
      case 'custom_tool_call':
        events.push(...callStart(item, value), ...callText(event, callPayload(value) ?? '', true));
        if (over) return events;
        // A call the upstream did not finish stays open: nobody may run it (R11).
        if (value.status !== 'incomplete') events.push({ type: 'toolCallEnd', index: item.index });
        break;
      case 'reasoning': {
        const { type: _, text, ...kept } = readReasoningItem(value);
        if (!item.started && text !== '') {
          events.push(
            ...reasoning({ ...event, item_id: value.id ?? null }, item.reasoningKind ?? 'summary', text, true),
          );
        }
        if (item.index < 0) item.index = nextIndex++;
        events.push({ type: 'reasoningEnd', index: item.index, ...kept });
        break;
      }
      default:
        events.push({ type: 'opaque', index: nextIndex++, wire: 'responses', value });
    }
    item.closed = true;
    return events;
  }

  function contentDone(event: JsonObject, part: JsonObject | undefined): StreamEvent[] {
    if (part?.type === 'output_text') return content(event, 'text', stringOf(part.text) ?? '', true);
    if (part?.type === 'refusal') return content(event, 'refusal', stringOf(part.refusal) ?? '', true);
    return [];
  }

  function finished(response: JsonObject): StreamEvent[] {
    const events = start(response);
    arrayOf(response.output).forEach((value, at) => {
      if (!isObject(value)) return;
      // The final list may leave items out and so shift the others: a known id says more than the place.
      const id = idOf(value);
      events.push(...done(id !== undefined && byId.has(id) ? { item_id: id } : { output_index: at }, value));
    });
    if (over) return events;
    const usage = readResponsesUsage(response.usage);
    if (usage) events.push({ type: 'usage', usage });
    const withCalls = calls > 0 || arrayOf(response.output).some((item) => isObject(item) && isCall(item));
    events.push({ type: 'finish', ...readFinish(response, withCalls) }, { type: 'end' });
    over = true;
    return events;
  }

  function failed(event: JsonObject): StreamEvent[] {
    const response = objectOf(event.response);
    const usage = readResponsesUsage(response?.usage);
    const told: StreamEvent[] = usage ? [{ type: 'usage', usage }] : [];
    // Azure says why in an event behind it (bifrost#6419).
    unexplained = event.type === 'response.failed' && !objectOf(response?.error) ? event : undefined;
    reader.failing = unexplained !== undefined;
    if (unexplained) return told;
    over = true;
    return [...told, { type: 'error', failure: failureOfEvent(response ?? event) }];
  }

  function read(event: JsonObject): StreamEvent[] {
    switch (event.type) {
      case 'response.output_text.delta':
        return content(event, 'text', stringOf(event.delta) ?? '', false);
      case 'response.function_call_arguments.delta':
      case 'response.custom_tool_call_input.delta':
        return callText(event, stringOf(event.delta) ?? '', false);
      case 'response.reasoning_summary_text.delta':
        return reasoning(event, 'summary', stringOf(event.delta) ?? '', false);
      case 'response.reasoning_text.delta':
        return reasoning(event, 'raw', stringOf(event.delta) ?? '', false);
      case 'response.refusal.delta':
        return content(event, 'refusal', stringOf(event.delta) ?? '', false);
      case 'response.created':
      case 'response.in_progress':
        return start(objectOf(event.response));
      case 'response.output_item.added': {
        const value = objectOf(event.item);
        nameless = undefined;
        freeIndex(event, value);
        if (value?.type === 'message' && filledString(value.phase)) sayPhase(itemOf(withId(event, value)), value);
        // A name that has not come yet comes with the whole item.
        if (!value || !isCall(value) || !filledString(value.name)) return [];
        nameless = itemOf(withId(event, value));
        return callStart(nameless, value);
      }
      case 'response.output_text.done':
        return content(event, 'text', stringOf(event.text) ?? '', true);
      case 'response.refusal.done':
        return content(event, 'refusal', stringOf(event.refusal) ?? '', true);
      case 'response.content_part.done':
        return contentDone(event, messageContent({ content: [event.part ?? null] })[0]);
      case 'response.reasoning_summary_text.done':
        return reasoning(event, 'summary', stringOf(event.text) ?? '', true);
      case 'response.reasoning_text.done':
        return reasoning(event, 'raw', stringOf(event.text) ?? '', true);
      case 'response.function_call_arguments.done':
        return callText(event, stringOf(event.arguments) ?? '', true);
      case 'response.custom_tool_call_input.done':
        return callText(event, stringOf(event.input) ?? '', true);
      case 'response.output_item.done': {
        const value = objectOf(event.item);
        const events = value ? done(withId(event, value), value) : [];
        nameless = undefined;
        return events;
      }
      case 'response.completed':
      case 'response.incomplete':
      case 'response.done':
        return finished(objectOf(event.response) ?? {});
      case 'response.failed':
      case 'response.cancelled':
      case 'error':
        return failed(event);
      default:
        return [];
    }
  }

  const reader: StreamParser = {
    dropped: 0,
    push(event: SseEvent) {
      if (over || event.data === '[DONE]') return [];
      const value = parseObject(event.data);
      if (!value) {
        reader.dropped++;
        return [];
      }
      const misplaced = started ? undefined : chatForResponses(value);
      if (misplaced) {
        over = true;
        return [{ type: 'error', failure: misplaced }];
      }
      // Some servers name the event only in the SSE field, or send an error object without a type.
      value.type ??= event.event ?? (value.error === undefined ? null : 'error');
      if (started || over) return read(value);
      const events = read(value);
      return events.length === 0 || events[0]?.type === 'start' || events[0]?.type === 'error'
        ? events
        : [...start(undefined), ...events];
    },
    finish() {
      // Open calls stay open: the stream was cut and they are not whole (R11).
      if (over) return [];
      if (unexplained) {
        over = true;
        return [{ type: 'error', failure: failureOfEvent(objectOf(unexplained.response) ?? unexplained) }];
      }
      const events: StreamEvent[] = [];
      for (const item of new Set([...byIndex.values(), ...byId.values(), ...(nameless ? [nameless] : [])])) {
        if (item.reasoningKind && !item.closed)
          events.push({ type: 'reasoningEnd', index: item.index, wire: 'responses' });
        item.closed = true;
      }
      over = true;
      return events;
    },
  };
  return reader;
}
