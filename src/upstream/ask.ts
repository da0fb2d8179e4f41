/** One small HTTP exchange to its end, for lists, credit, tests and the Doctor, through the very transport that requests use. */
import type { Send, UpstreamHeaders, UpstreamRequest } from './send';

export interface Answer {
  status: number;
  headers: UpstreamHeaders;
  text: string;
  /** When each part of the body came, milliseconds. */
  arrivals: number[];
}
export type Reply = Answer | { error: Error & { code?: string } };

const LARGEST = 8 * 1024 * 1024;

export interface AskOptions {
  send: Send;
  /** The connection may take as long as all of it, unless `connectMs` says less. */
  request: Omit<UpstreamRequest, 'connectMs'> & { connectMs?: number };
  ms: number;
  mostBytes?: number;
  signal?: AbortSignal;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** Never rejects. */
export function ask({
  send,
  request,
  ms,
  mostBytes = LARGEST,
  signal,
  now = () => performance.now(),
}: AskOptions): Promise<Reply> {
  return new Promise((resolve) => {
    let status = 0;
    let headers: UpstreamHeaders = {};
    let size = 0;
    const chunks: Buffer[] = [];
    const arrivals: number[] = [];
    const end = (reply: Reply): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve(reply);
    };
    let control: ReturnType<Send> | undefined;
    const late = (code: string): void => {
      // First ours: the transport would only say that it was aborted.
      end({ error: Object.assign(new Error('no answer in time'), { code }) });
      control?.abort();
    };
    const stop = (): void => late('ABORTED');
    const timer = setTimeout(() => late('ETIMEDOUT'), ms);
    try {
      control = send(
        { connectMs: ms, ...request },
        {
          onHead(code, head) {
            status = code;
            headers = head;
          },
          onData(chunk) {
            arrivals.push(now());
            size += chunk.length;
            if (size > mostBytes) late('TOO_LARGE');
            else chunks.push(chunk);
          },
          onEnd: () => end({ status, headers, text: Buffer.concat(chunks).toString('utf8'), arrivals }),
          onError: (error) => end({ error }),
        },
      );
    } catch (error) {
      return end({ error: error as Error });
    }
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
  });
}
