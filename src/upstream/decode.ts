/** Answers that come compressed although identity was asked for: decoded on the way, so that nobody behind has to know. */

import zlib from 'node:zlib';
import type { UpstreamControl, UpstreamHandler } from './send';

const DECODERS: Readonly<Record<string, () => zlib.Gunzip>> = {
  gzip: () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  'x-gzip': () => zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }),
  deflate: () => zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH }),
  br: () => zlib.createBrotliDecompress({ flush: zlib.constants.BROTLI_OPERATION_FLUSH }),
};

/**
 * A handler that hands decoded bytes to `handler` when the head names an encoding we know; an answer that cannot be decoded
 * ends in onError with code BAD_ENCODING. `control` slows the upstream while the decoder is behind.
 */
export function decoding(handler: UpstreamHandler, control: () => UpstreamControl | undefined): UpstreamHandler {
  let decoder: zlib.Gunzip | undefined;
  let over = false;
  const fail = (error: Error) => {
    if (over) return;
    over = true;
    decoder?.destroy();
    handler.onError(error);
  };
  return {
    onSent: () => handler.onSent?.(),
    onHead(status, headers) {
      const make = DECODERS[headers['content-encoding']?.trim().toLowerCase() ?? ''];
      if (!make) return handler.onHead(status, headers);
      decoder = make();
      decoder.on('data', (chunk: Buffer) => {
        if (!over) handler.onData(chunk);
      });
      decoder.on('drain', () => control()?.resume());
      decoder.on('end', () => {
        if (over) return;
        over = true;
        handler.onEnd();
      });
      decoder.on('error', () => {
        control()?.abort();
        fail(Object.assign(new Error('the compressed answer is broken'), { code: 'BAD_ENCODING' }));
      });
      handler.onHead(status, { ...headers, 'content-encoding': undefined, 'content-length': undefined });
    },
    onData(chunk) {
      if (!decoder) return handler.onData(chunk);
      if (!over && !decoder.write(chunk)) control()?.pause();
    },
    onEnd() {
      if (decoder) decoder.end();
      else handler.onEnd();
    },
    onError(error) {
      fail(error);
    },
  };
}
