/** What is used of node:sqlite, which the types of Node 20 do not know. Only editors with Node 22.15 or newer have all of it. */
declare module 'node:sqlite' {
  export class DatabaseSync {
    constructor(path: string | URL, options?: { readOnly?: boolean; timeout?: number });
    exec(sql: string): void;
    prepare(sql: string): {
      get(...values: (string | number)[]): Record<string, unknown> | undefined;
      run(...values: (string | number | Uint8Array)[]): unknown;
    };
    close(): void;
  }
}
