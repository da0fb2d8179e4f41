/** OpenAI Responses: neutral events as a full stream for clients (Codex CLI, the SDK's `responses.stream`). */
import { endOf } from './answer';
import type { EmitterOptions, StreamEmitter } from './codec';
import type { ApiFailure, FinishReason, JsonObject, Part, StreamEvent, Usage } from './conversation';
import {
  echoedFields,
  type ItemStatus,
  itemId,
  outputItem,
  responseError,
  responseId,
  responseStatus,
  textContent,
  usageObject,
} from './responsesAnswer';
import { isCall } from './responsesRead';

type ItemPart = Extract<Part, { type: 'text' | 'refusal' | 'reasoning' | 'toolCall' }>;

interface OpenItem {
  part: ItemPart;
  id: string;
  outputIndex: number;
  /** `"item_id":…,"output_index":…`: the fields every event of the item has. */
  place: string;
  /** A reasoning item's summary part has been opened. */
  hasSummary: boolean;
}

/** Emitter of `response.*` events with `sequence_number` in each. Deltas are templates: only the text is stringified. */
export function createResponsesEmitter(options: EmitterOptions): StreamEmitter {
  const open = new Map<number, OpenItem>();
  const output: JsonObject[] = [];
  let outputCount = 0;
  let sequence = 0;
  let id = '';
  let head = '';
  let echo = '';
  let refused = false;
  let reason: FinishReason | undefined;
  let usage: Usage | undefined;
  let failed: ApiFailure | undefined;
  let ended = false;

  const line = (type: string, fields: string): string =>
    `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence++},${fields}}\n\n`;

  function start(event?: Extract<StreamEvent, { type: 'start' }>): string {
    if (head !== '') return '';
    id = responseId(event?.id ?? options.id);
    const created = event?.created ?? options.created;
    head = `"id":${JSON.stringify(id)},"object":"response","created_at":${created}`;
    echo = JSON.stringify(echoedFields(options)).slice(1);
    const response = `"response":{${head},"status":"in_progress","error":null,"incomplete_details":null,"output":[],${echo}`;
    return line('response.created', response) + line('response.in_progress', response);
  }

  function begin(index: number, part: ItemPart, ownId?: string): OpenItem {
    const outputIndex = outputCount++;
    const id_ = ownId ?? itemId(part, id, outputIndex);
    const place = `"item_id":${JSON.stringify(id_)},"output_index":${outputIndex}`;
    const item: OpenItem = { part, id: id_, outputIndex, place, hasSummary: false };
    open.set(index, item);
    return item;
  }

  /** Announces a fresh item; its part is still empty. */
  function added(item: OpenItem): string {
    const value = outputItem(item.part, item.id, 'completed') as JsonObject;
    if (value.status) value.status = 'in_progress';
    if (value.type === 'message') value.content = [];
    return line('response.output_item.added', `"output_index":${item.outputIndex},"item":${JSON.stringify(value)}`);
  }

  /** The open text or refusal item of a block; texts end when something else begins. */
  function content(index: number, type: 'text' | 'refusal', text: string, phase?: string): string {
    let item = open.get(index);
    let events = '';
    if (item?.part.type !== type) {
      events = closeProse();
      item = begin(index, { type, text: '', ...(phase !== undefined && { extra: { phase } }) } as ItemPart);
      const part = type === 'text' ? textContent('') : { type: 'refusal', refusal: '' };
      events += added(item);
      events += line('response.content_part.added', `${item.place},"content_index":0,"part":${JSON.stringify(part)}`);
    }
    (item.part as { text: string }).text += text;
    return (
      events +
      (type === 'text'
        ? line(
            'response.output_text.delta',
            `${item.place},"content_index":0,"delta":${JSON.stringify(text)},"logprobs":[]`,
          )
        : line('response.refusal.delta', `${item.place},"content_index":0,"delta":${JSON.stringify(text)}`))
    );
  }

  /** Known at the end only: it stands in what ends the item. */
  function phaseOf({ index, phase }: Extract<StreamEvent, { type: 'text' }>): string {
    const part = open.get(index)?.part;
    if (part?.type === 'text' && phase !== undefined) part.extra = { ...part.extra, phase };
    return '';
  }

  function reasoningItem(index: number, ownId?: string): { item: OpenItem; events: string } {
    const known = open.get(index);
    if (known?.part.type === 'reasoning') return { item: known, events: '' };
    const events = closeProse();
    const item = begin(index, { type: 'reasoning', text: '' }, ownId);
    return { item, events: events + added(item) };
  }

  function reasoning(index: number, text: string, ownId?: string): string {
    if (text === '') return '';
    const { item, events } = reasoningItem(index, ownId);
    let all = events;
    if (!item.hasSummary) {
      item.hasSummary = true;
      all += line(
        'response.reasoning_summary_part.added',
        `${item.place},"summary_index":0,"part":{"type":"summary_text","text":""}`,
      );
    }
    (item.part as { text: string }).text += text;
    return (
      all +
      line('response.reasoning_summary_text.delta', `${item.place},"summary_index":0,"delta":${JSON.stringify(text)}`)
    );
  }

  function callDelta(index: number, text: string): string {
    const item = open.get(index);
    if (item?.part.type !== 'toolCall' || text === '') return '';
    item.part.arguments += text;
    const type = item.part.custom ? 'response.custom_tool_call_input.delta' : 'response.function_call_arguments.delta';
    return line(type, `${item.place},"delta":${JSON.stringify(text)}`);
  }

  /** Clients parse what they get: no arguments are an empty object, as OpenAI sends it. */
  function withArguments(index: number): string {
    const part = open.get(index)?.part;
    return part?.type === 'toolCall' && !part.custom && part.arguments === '' ? callDelta(index, '{}') : '';
  }

  /** The closing events of an item. */
  function close(index: number, status: ItemStatus): string {
    const item = open.get(index);
    if (!item) return '';
    open.delete(index);
    const value = outputItem(item.part, item.id, status) as JsonObject;
    output[item.outputIndex] = value;
    return (
      contentDone(item, value) +
      line('response.output_item.done', `"output_index":${item.outputIndex},"item":${JSON.stringify(value)}`)
    );
  }

  function contentDone(item: OpenItem, value: JsonObject): string {
    const { part, place } = item;
    switch (part.type) {
      case 'text':
      case 'refusal': {
        const text = JSON.stringify(part.text);
        const last = JSON.stringify((value.content as JsonObject[])[0]);
        const done =
          part.type === 'text'
            ? line('response.output_text.done', `${place},"content_index":0,"text":${text},"logprobs":[]`)
            : line('response.refusal.done', `${place},"content_index":0,"refusal":${text}`);
        return done + line('response.content_part.done', `${place},"content_index":0,"part":${last}`);
      }
      case 'reasoning': {
        if (!item.hasSummary) return '';
        const text = JSON.stringify(part.text);
        return (
          line('response.reasoning_summary_text.done', `${place},"summary_index":0,"text":${text}`) +
          line(
            'response.reasoning_summary_part.done',
            `${place},"summary_index":0,"part":{"type":"summary_text","text":${text}}`,
          )
        );
      }
      case 'toolCall': {
        const text = JSON.stringify(part.arguments);
        return part.custom
          ? line('response.custom_tool_call_input.done', `${place},"input":${text}`)
          : line(
              'response.function_call_arguments.done',
              `${place},"name":${JSON.stringify(part.name)},"arguments":${text}`,
            );
      }
    }
  }

  /** Ends everything but tool calls, which may run side by side. */
  function closeProse(): string {
    let events = '';
    for (const [index, item] of open) if (item.part.type !== 'toolCall') events += close(index, 'completed');
    return events;
  }

  /** An item of a call that is still open is half a call. */
  function callsSoFar(): 'none' | 'whole' | 'half' {
    if ([...open.values()].some((item) => item.part.type === 'toolCall')) return 'half';
    return output.some((item) => item !== undefined && isCall(item)) ? 'whole' : 'none';
  }

  function opaque(value: JsonObject): string {
    const events = closeProse();
    const outputIndex = outputCount++;
    output[outputIndex] = value;
    const fields = `"output_index":${outputIndex},"item":${JSON.stringify(value)}`;
    return events + line('response.output_item.added', fields) + line('response.output_item.done', fields);
  }

  function final(type: string, status: string, error: JsonObject | null, details: unknown): string {
    const counted = usage ? `"usage":${JSON.stringify(usageObject(usage))},` : '';
    const items = JSON.stringify(output.filter((item) => item !== undefined));
    return line(
      type,
      `"response":{${head},"status":"${status}","error":${JSON.stringify(error)},"incomplete_details":${JSON.stringify(details)},"output":${items},${counted}${echo}`,
    );
  }

  function push(event: StreamEvent): string {
    switch (event.type) {
      case 'text':
        return event.text === '' ? phaseOf(event) : content(event.index, 'text', event.text, event.phase);
      case 'toolCallDelta':
        return callDelta(event.index, event.text);
      case 'reasoning':
        return reasoning(event.index, event.text, event.id);
      case 'refusal':
        refused = true;
        return event.text === '' ? '' : content(event.index, 'refusal', event.text);
      case 'reasoningEnd': {
        const { type: _, index, ...kept } = event;
        if (!open.has(index) && kept.encrypted === undefined && kept.signature === undefined) return '';
        const { item, events } = reasoningItem(index, kept.wire === 'responses' ? kept.id : undefined);
        Object.assign(item.part, kept);
        return events + close(index, 'completed');
      }
      case 'toolCallStart': {
        const events = closeProse();
        const { index, id: callId, name, custom, namespace } = event;
        const item = begin(index, {
          type: 'toolCall',
          id: callId,
          name,
          arguments: '',
          ...(custom && { custom }),
          ...(namespace !== undefined && { namespace }),
        });
        return events + added(item);
      }
      case 'toolCallEnd':
        return withArguments(event.index) + close(event.index, 'completed');
      case 'opaque':
        return event.wire === 'responses' ? opaque(event.value) : '';
      case 'usage':
        usage = event.usage;
        return '';
      case 'finish':
        reason = event.reason;
        return '';
      case 'end':
        ended = true;
        return '';
      case 'error':
        failed ??= event.failure;
        return '';
      case 'start':
        return '';
    }
  }

  return {
    push(event) {
      if (event.type === 'start') return start(event);
      if (head === '' && event.type !== 'error' && event.type !== 'usage') return start() + push(event);
      return push(event);
    },
    finish(failure) {
      const begun = start();
      const cause = failure ?? failed;
      // Items still open are not announced as done: a client would run a call that is not whole (R11).
      if (cause) return begun + final('response.failed', 'failed', responseError(cause), null);
      if (ended && reason === undefined) reason = endOf(undefined, callsSoFar());
      const { status, details } = responseStatus(reason, refused);
      let events = begun;
      for (const index of [...open.keys()].sort((a, b) => a - b)) {
        events += close(index, status === 'completed' ? 'completed' : 'incomplete');
      }
      return (
        events + final(status === 'completed' ? 'response.completed' : 'response.incomplete', status, null, details)
      );
    },
  };
}
