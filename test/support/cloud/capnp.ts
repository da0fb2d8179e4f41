/** The few words of Cap'n Proto RPC that cloudflared and its edge speak on the control stream. */

export interface Struct {
  buffer: Buffer;
  /** Byte offsets and lengths of the data and the pointer section. */
  data: number;
  dataBytes: number;
  pointers: number;
  pointerCount: number;
}

const hex = (text: string) => Buffer.from(text.replace(/\s+/g, ''), 'hex');

/** Collects bytes into messages (without their frame header). */
export function createFrameReader(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      if (rest.readUInt32LE(0) !== 0) throw new Error('more than one segment');
      const end = 8 + rest.readUInt32LE(4) * 8;
      if (rest.length < end) return;
      onMessage(rest.subarray(8, end));
      rest = rest.subarray(end);
    }
  };
}

const empty = (buffer: Buffer): Struct => ({ buffer, data: 0, dataBytes: 0, pointers: 0, pointerCount: 0 });

export function structAt(buffer: Buffer, byte: number): Struct {
  if (buffer.readBigUInt64LE(byte) === 0n) return empty(buffer);
  const data = byte + 8 + (buffer.readInt32LE(byte) >> 2) * 8;
  const dataBytes = buffer.readUInt16LE(byte + 4) * 8;
  return { buffer, data, dataBytes, pointers: data + dataBytes, pointerCount: buffer.readUInt16LE(byte + 6) };
}
export const child = (struct: Struct, index: number): Struct =>
  index < struct.pointerCount ? structAt(struct.buffer, struct.pointers + index * 8) : empty(struct.buffer);
export const u16 = (struct: Struct, at: number) =>
  at + 2 <= struct.dataBytes ? struct.buffer.readUInt16LE(struct.data + at) : 0;
export const u32 = (struct: Struct, at: number) =>
  at + 4 <= struct.dataBytes ? struct.buffer.readUInt32LE(struct.data + at) : 0;
export const u64 = (struct: Struct, at: number) =>
  at + 8 <= struct.dataBytes ? struct.buffer.readBigUInt64LE(struct.data + at) : 0n;
export function bytes(struct: Struct, index: number): Buffer {
  if (index >= struct.pointerCount) return Buffer.alloc(0);
  const at = struct.pointers + index * 8;
  if (struct.buffer.readBigUInt64LE(at) === 0n) return Buffer.alloc(0);
  const start = at + 8 + (struct.buffer.readInt32LE(at) >> 2) * 8;
  return struct.buffer.subarray(start, start + (struct.buffer.readUInt32LE(at + 4) >>> 3));
}
export const text = (struct: Struct, index: number) => bytes(struct, index).toString('utf8').replace(/\0$/, '');

export const KIND = { call: 2, return: 3, bootstrap: 8 } as const;
export const REGISTRATION_SERVER = 0xf71695ec7fe85497n;

/** Answers of the edge; the id of the answered question stands at byte 32. */
function answer(frame: Buffer, question: number): Buffer {
  const copy = Buffer.from(frame);
  copy.writeUInt32LE(question, 32);
  return copy;
}
const BOOTSTRAP_RETURN =
  hex(`000000000b000000000000000100010003000000000000000000000002000100000000000100000000000000000000000000000000000200
  03000000000000000100000017000000040000000100010001000000000000000000000000000000`);
const EMPTY_RETURN =
  hex(`0000000008000000000000000100010003000000000000000000000002000100020000000100000000000000000000000000000000000200
  fcffffff000000000000000000000000`);
const REGISTERED =
  hex(`0000000011000000000000000100010003000000000000000000000002000100010000000100000000000000000000000000000000000200
  0400000000000100000000000000000000000000010001000100000000000000000000000100020000000000000000000500000082000000
  090000003200000000112233445566778899aabbccddeeff6c69733031000000`);
const REFUSED =
  hex(`0000000012000000000000000100010003000000000000000000000002000100010000000100000000000000000000000000000000000200
  0400000000000100000000000000000000000000010001000000000000000000000000000200010000f2052a010000000100000000000000
  01000000fa000000556e617574686f72697a65643a2054756e6e656c206e6f7420666f756e640000`);

export const bootstrapReturn = (question: number) => answer(BOOTSTRAP_RETURN, question);
export const emptyReturn = (question: number) => answer(EMPTY_RETURN, question);
/** @param location five letters, as lis01 */
export function registeredReturn(question: number, connection: string, location: string): Buffer {
  const frame = answer(REGISTERED, question);
  hex(connection.replace(/-/g, '')).copy(frame, 120);
  frame.write(location, 136, 5, 'latin1');
  return frame;
}
/** "Unauthorized: Tunnel not found", not to be retried. */
export function refusedReturn(question: number): Buffer {
  const frame = answer(REFUSED, question);
  frame.fill(0, 96, 105);
  return frame;
}

/** Questions of the client, as a reference client lays them out. */
export const bootstrapCall = hex(
  '000000000500000000000000010001000800000000000000000000000100010000000000000000000000000000000000',
);
export const unregisterCall =
  hex(`000000000d00000000000000010001000200000000000000000000000300030000000000010000009754e87fec9516f7000000000
  0000000100000000100010004000000000002000000000000000000fcffffff00000000000000000000000000000000000000000000000000000000`);
const REGISTER =
  hex(`000000003600000000000000010001000200000000000000000000000300030001000000000000009754e87fec9516f7000000000000
  0000a80000000100010004000000000002000000000000000000040000000100030000000000000000000000000000000000080000000000020031000
  000820000003400000001000200050000000a010000150000000201000030303030303030303030303030303030303030303030303030303030303030
  3100000000000000005a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a00112233445566778899aabbccddeeff0000030
  000000000040000000000040000000000000000000d0000008200000011000000160000002d0000004a0000003100000062000000111111111111111
  111111111111111110500 00009a0000000d000000a200000073657269616c697a65645f68656164657273000000000000616c6c6f775f72656d6f7465
  5f636f6e6669670000000000323032362e382e3200000000000000006c696e75785f616d6436340000000000000000000100000000000000010001000
  00000000000000001000000070000000000000001000000`);
/** Question 1. @param tag 32 characters @param secret 32 bytes @param id uuid */
export function registerCall({ tag, secret, id }: { tag: string; secret: Buffer; id: string }): Buffer {
  const frame = Buffer.from(REGISTER);
  const put = (bytes: Buffer, over: Buffer) => bytes.copy(frame, REGISTER.indexOf(over));
  put(Buffer.from(tag), Buffer.from(`${'0'.repeat(31)}1`));
  put(secret, Buffer.alloc(32, 0x5a));
  put(hex(id.replace(/-/g, '')), hex('00112233445566778899aabbccddeeff'));
  return frame;
}
