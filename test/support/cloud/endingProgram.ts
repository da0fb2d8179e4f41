/** For worlds in which every program that is started ends at once, without a word. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import type { TunnelWorld } from '../../../src/tunnel/world';

export function endingAt(code: number | null, signal: NodeJS.Signals | null): TunnelWorld['spawn'] {
  return () => {
    const child = Object.assign(new EventEmitter(), {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      kill: () => true,
    });
    setImmediate(() => child.emit('close', code, signal));
    return child as unknown as ReturnType<TunnelWorld['spawn']>;
  };
}
