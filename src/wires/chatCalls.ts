/** Puts the tool calls of a chat stream together from whatever pieces the upstream sends. */
import { createJsonWatch, type JsonWatch, MOST_CALLS } from './callBounds';
import { argumentText } from './chatRequest';
import type { JsonObject, JsonValue, StreamEvent } from './conversation';
import { filledString, objectOf, stringOf } from './read';
import { readThoughtSignature } from './thoughtSignature';

interface Call {
  index: number;
  /** The upstream's id; '' while it sent none. */
  given: string;
  /** The id the call goes by; two calls of one answer never share one. */
  id: string;
  name: string;
  custom: boolean;
  text: string;
  watch: JsonWatch;
  started: boolean;
  signature?: string;
}

interface Surroundings {
  emit(event: StreamEvent): void;
  /** Closes the text or thinking before a call; returns the index of the call's block. */
  begin(): number;
  /** An id for a call that came without one. */
  idFor(index: number): string;
}

export interface CallAssembler {
  /** One entry of `tool_calls`. `key` tells calls apart: the entry's index, or its place in a whole message. */
  read(value: JsonObject, key: JsonValue | undefined): void;
  /** Begins the calls that wait for their first argument: nothing more of their names comes. */
  startHeld(): void;
  /** Ends the calls: all when the model said that it is done calling (`whole`), else those that are surely complete. */
  end(whole: boolean): void;
  any(): boolean;
  /** More calls came than an answer may have; what came behind them was not read. */
  tooMany(): boolean;
  /** There is a call with arguments whose name never came. */
  nameless(): boolean;
  /** There are calls, and each of them has arguments that are whole. */
  allWhole(): boolean;
}

export function createCallAssembler({ emit, begin, idFor }: Surroundings): CallAssembler {
  const calls: Call[] = [];
  const byKey = new Map<JsonValue, Call>();
  let tooMany = false;

  function find(key: JsonValue | undefined, id: string, name: string, text: string): Call | undefined {
    if (key !== undefined && key !== null) {
      const known = byKey.get(key);
      // An index that grows with each piece of one call: a piece without id and name continues what is not whole yet.
      if (!known && name === '' && id === '') return calls.findLast((call) => !isWhole(call));
      if (!known || name === '') return known;
      return isOther(known, id, name, text) ? undefined : known;
    }
    if (id !== '') return calls.find((call) => call.given === id);
    const last = calls.at(-1);
    if (!last || name === '') return last;
    // A name without index and id: the same call as long as that is not complete.
    return last.name === name && !isWhole(last) ? last : undefined;
  }

  function add(key: JsonValue | undefined): Call {
    const call: Call = {
      index: -1,
      given: '',
      id: '',
      name: '',
      custom: false,
      text: '',
      watch: createJsonWatch(),
      started: false,
    };
    calls.push(call);
    if (key !== undefined && key !== null) byKey.set(key, call);
    return call;
  }

  /** Held until the name is known, and whole: no wire can begin a call without it. Calls begin in their order. */
  function start(call: Call): void {
    for (const held of calls.slice(0, calls.indexOf(call))) if (!held.started) begun(held);
    begun(call);
  }

  function begun(call: Call): void {
    if (call.name === '') return;
    call.started = true;
    call.index = begin();
    call.id = call.given === '' || calls.some((other) => other.id === call.given) ? idFor(call.index) : call.given;
    const { index, id, name, custom, signature } = call;
    emit({
      type: 'toolCallStart',
      index,
      id,
      name,
      ...(custom && { custom }),
      ...(signature !== undefined && { thoughtSignature: signature }),
    });
    if (call.text !== '') emit({ type: 'toolCallDelta', index, text: call.text });
  }

  return {
    read(value, key) {
      const custom = objectOf(value.custom);
      const payload = custom ?? objectOf(value.function) ?? {};
      const id = filledString(value.id) ?? '';
      const name = filledString(payload.name) ?? '';
      const piece = custom ? (stringOf(custom.input) ?? '') : argumentText(payload.arguments);
      const known = find(key, id, name, piece);
      if (!known && calls.length >= MOST_CALLS) {
        tooMany = true;
        return;
      }
      const call = known ?? add(key);
      const text = freshOf(call, id, name, piece);
      call.name = nameOf(call, id, name);
      if (call.given === '') call.given = id;
      if (custom) call.custom = true;
      const signature = readThoughtSignature(value);
      if (signature) call.signature = signature;
      call.text += text;
      call.watch.add(text);
      if (!call.started) {
        if (call.text !== '') start(call);
      } else if (text !== '') emit({ type: 'toolCallDelta', index: call.index, text });
    },
    startHeld() {
      for (const call of calls) if (!call.started) begun(call);
    },
    end(whole) {
      const last = calls.at(-1);
      for (const call of calls) {
        if (!call.started) continue;
        // A call that a limit cut stays open: nobody may run half of it (R11). Raw text does not show whether it is
        // whole; but the model went on to another call only when it was.
        if (!whole && !(call.custom ? call !== last : isWhole(call))) continue;
        const { index, signature } = call;
        emit({ type: 'toolCallEnd', index, ...(signature !== undefined && { thoughtSignature: signature }) });
      }
    },
    tooMany: () => tooMany,
    any: () => calls.some((call) => call.started),
    nameless: () => calls.some((call) => call.name === '' && call.text !== ''),
    allWhole: () => calls.length > 0 && calls.every((call) => call.started && !call.custom && isWhole(call)),
  };
}

/**
 * Some upstreams number every call 0: another id together with a name is another call, and so is, without ids, another
 * name, or the same with arguments behind arguments that are whole. A new id for each piece of one call makes none.
 */
function isOther(known: Call, id: string, name: string, text: string): boolean {
  if (id !== '' && known.given !== '' && known.given !== id) {
    const isHalf = known.text !== '' && !isWhole(known);
    return !(name === known.name && isHalf && !/^\s*\{/.test(text));
  }
  if (id !== '' || known.given !== '') return false;
  return name !== known.name ? known.name !== '' : text !== '' && isWhole(known);
}

/** A name may come in pieces: those of a call with an id, before its first argument. */
function nameOf(call: Call, id: string, name: string): string {
  const isPiece = !call.started && call.given !== '' && id === '' && name !== '' && name !== call.name;
  return isPiece ? call.name + name : call.name || name;
}

/** Some upstreams repeat the whole call with all of its arguments so far: only what is new counts. */
function freshOf(call: Call, id: string, name: string, piece: string): string {
  const repeats = call.text.length > 1 && id !== '' && id === call.given && name === call.name;
  return repeats && piece.startsWith(call.text) ? piece.slice(call.text.length) : piece;
}

function isWhole({ text, watch }: Call): boolean {
  return text !== '' && watch.isWhole(text);
}
