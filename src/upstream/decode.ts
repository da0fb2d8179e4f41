/** Answers that come compressed although identity was asked for: decoded on the way, so that nobody behind has to know. */

import zlib from 'node:zlib';
import { entryOf } from '../wires/read';
import type { UpstreamControl, UpstreamHandler } from './send';

const DECODERS: Readonly<Record<string, () => zlib.Gunzip>> = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  'x-gzip': () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: () => zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH }),
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
};

export interface Decoding extends UpstreamHandler {
  /** The reader is behind: nothing more is decoded, and nothing more read. A few bytes may stand for very many. */
  pause(): void;
  resume(): void;
}

/**
 * A handler that hands decoded bytes to `handler` when the head names an encoding we know; an answer that cannot be decoded
 * ends in onError with code BAD_ENCODING. `upstream` is slowed while the decoder or the reader is behind.
 */
export function decoding(handler: UpstreamHandler, upstream: UpstreamControl): Decoding {
  let decoder: zlib.Gunzip | undefined;
  let over = false;
  let full = false;
  let waiting = false;
  const flow = () => {
    if (!full && !waiting) upstream.resume();
  };
  const fail = (error: Error) => {
    if (over) return;
    over = true;
    decoder?.destroy();
    handler.onError(error);
  };
  return {
    onSent: () => handler.onSent?.(),
    onHead(status, headers) {
      const make = entryOf(DECODERS, headers['content-encoding']?.trim().toLowerCase() ?? '');
      if (!make) return handler.onHead(status, headers);
      decoder = make();
      decoder.on('data', (chunk: Buffer) => {
        if (!over) handler.onData(chunk);
      });
      if (waiting) decoder.pause();
      decoder.on('drain', () => {
        full = false;
        flow();
      });
      decoder.on('end', () => {
        if (over) return;
        over = true;
        handler.onEnd();
      });
      decoder.on('error', () => {
        // The reason first: ended, the upstream would only say that it was.
        fail(Object.assign(new Error('the compressed answer is broken'), { code: 'BAD_ENCODING' }));
        upstream.abort();
      });
      handler.onHead(status, { ...headers, 'content-encoding': undefined, 'content-length': undefined });
    },
    onData(chunk) {
      if (!decoder) return handler.onData(chunk);
      if (over || decoder.write(chunk)) return;
      full = true;
      upstream.pause();
    },
    onEnd() {
      if (decoder) decoder.end();
      else handler.onEnd();
    },
    onError(error) {
      fail(error);
    },
    pause() {
      waiting = true;
      decoder?.pause();
      upstream.pause();
    },
    resume() {
      waiting = false;
      decoder?.resume();
      flow();
    },
  };
}
