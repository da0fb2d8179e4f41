/** Reading request bodies with limits, counted for one request and for all of them together (issue: bounded memory). */
import type { IncomingMessage } from 'node:http';

export type BodyResult =
  | { ok: true; body: Buffer; release(): void }
  | { ok: false; status: 400 | 408 | 413 | 415 | 503; message: string };

export interface BodyBudget {
  /** Bytes held now by all requests. */
  readonly held: number;
  /** Reads one body; `release` gives its bytes back once the request is over. `goOn`: it is wanted, as far as its head tells. */
  read(
    request: IncomingMessage,
    limits: { bodyMb: number; totalBodyMb: number },
    timeoutMs: number,
    goOn?: () => void,
  ): Promise<BodyResult>;
}

const MB = 1024 * 1024;

/** Milliseconds without one more byte of a body. */
const STALL_MS = 30_000;

export function createBodyBudget(stallMs = STALL_MS): BodyBudget {
  let held = 0;

  function giveBack(size: number): () => void {
    let released = false;
    return () => {
      if (!released) held -= size;
      released = true;
    };
  }

  return {
    get held() {
      return held;
    },
    read(request, limits, timeoutMs, goOn) {
      const most = limits.bodyMb * MB;
      const mostInAll = limits.totalBodyMb * MB;
      const tooLarge: BodyResult = {
        ok: false,
        status: 413,
        message: `The request body is larger than ${limits.bodyMb} MB. Raise llmRouter.limits.bodyMb if that is intended.`,
      };
      const full: BodyResult = {
        ok: false,
        status: 503,
        message: 'The router is holding too many large requests at the moment. Try again in a few seconds.',
      };
      const encoding = request.headers['content-encoding'];
      if (encoding && encoding !== 'identity') {
        return Promise.resolve({
          ok: false,
          status: 415,
          message: 'Compressed request bodies are not supported; send the JSON as it is.',
        });
      }
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > most) return Promise.resolve(tooLarge);
      if (held + announced > mostInAll) return Promise.resolve(full);
      goOn?.();
      return new Promise((resolve) => {
        const chunks: Buffer[] = [];
        let size = 0;
        let over = false;
        const end = (result: BodyResult) => {
          if (over) return;
          over = true;
          clearTimeout(stalled);
          if (!result.ok) {
            held -= size;
            chunks.length = 0;
          }
          resolve(result);
        };
        const late = () => end({ ok: false, status: 408, message: 'The request body did not arrive in time.' });
        const begun = performance.now();
        // One that does not move at all gives its place back sooner; one that moves is looked at when it does.
        const stalled = setTimeout(late, Math.min(stallMs, timeoutMs));
        request.on('data', (chunk: Buffer) => {
          if (over) return;
          if (performance.now() - begun > timeoutMs) return late();
          stalled.refresh();
          if (size + chunk.length > most) return end(tooLarge);
          if (held + chunk.length > mostInAll) return end(full);
          size += chunk.length;
          held += chunk.length;
          chunks.push(chunk);
        });
        request.on('end', () => {
          const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
          // The listeners live as long as the request; the pieces need not.
          chunks.length = 0;
          end({ ok: true, body, release: giveBack(size) });
        });
        request.on('error', () =>
          end({ ok: false, status: 400, message: 'The connection broke while the request was read.' }),
        );
        request.on('close', () =>
          end({ ok: false, status: 400, message: 'The connection closed before the whole request had arrived.' }),
        );
      });
    },
  };
}
