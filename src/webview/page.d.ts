declare module '*.css';

/** The extension's end of the page, given by the editor once. */
declare function acquireVsCodeApi(): { postMessage(message: unknown): void };
