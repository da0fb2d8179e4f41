/** A person's Stop holds for windows that open later, too. A file, because every window sees it at once (a memento is each window's own copy). */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export interface StopFlag {
  isSet(): boolean;
  set(stopped: boolean): Promise<void>;
}

export function createStopFlag(dataDir: string): StopFlag {
  const file = path.join(dataDir, 'stopped');
  return {
    isSet: () => existsSync(file),
    async set(stopped) {
      if (!stopped) return await rm(file, { force: true });
      await mkdir(dataDir, { recursive: true });
      await writeFile(file, '');
    },
  };
}
