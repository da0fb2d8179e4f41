/** Kinds of requests that may have a model of their own (setting `routes`). */
export const KINDS = ['images', 'longInput', 'subagent', 'background'] as const;
export type Kind = (typeof KINDS)[number];

/** Model names by kind, and from how many tokens an input is long. */
export type KindRoutes = Partial<Record<Kind, string>> & { longInputTokens?: number };
