/** Models by kind of request: settings of a model or a backend. */
import * as z from 'zod';
import { name } from './abilitySettings';

export const routes = z
  .strictObject({
    images: name.optional().meta({ description: 'Model for requests with pictures.' }),
    longInput: name.optional().meta({ description: 'Model for long inputs.' }),
    longInputTokens: z
      .int()
      .positive()
      .optional()
      .meta({ description: 'Tokens from which an input is long. Default: 60000.' }),
    background: name.optional().meta({
      description:
        'Model for titles, summaries and the like: requests without tools that ask for 1024 tokens or fewer.',
    }),
    subagent: name.optional().meta({ description: 'Model for the subagents of Claude Code.' }),
  })
  .meta({
    description:
      'Models that take its place for kinds of requests, told from the body alone. Once tools were called in a conversation its kind stays.',
  });
