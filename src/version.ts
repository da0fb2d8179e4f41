declare const __VERSION__: string;

/** Version of this build, from package.json. */
export const VERSION: string = __VERSION__;
