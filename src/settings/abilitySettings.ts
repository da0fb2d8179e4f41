/** What an upstream or one of its models can take, as settings: they overrule what is known of both. */
import * as z from 'zod';

export const name = z.string().trim().min(1).max(200);

export const abilities = {
  customTools: z
    .enum(['keep', 'function'])
    .optional()
    .meta({
      description: 'Whether custom (grammar) tools are passed on or turned into an equivalent function.',
      enumDescriptions: ['The upstream accepts custom tools.', 'Custom tools become functions with one string.'],
    }),
  reasoningField: z
    .enum(['reasoning_effort', 'reasoning', 'thinking', 'adaptive', 'none'])
    .optional()
    .meta({
      description: 'How a reasoning effort is written for this upstream.',
      enumDescriptions: [
        'reasoning_effort: "high" (OpenAI chat).',
        'reasoning: {"effort": "high"} (OpenAI Responses, OpenRouter).',
        'thinking with a token budget (Anthropic up to 4.5).',
        'Adaptive thinking with output_config.effort (Anthropic from 4.6).',
        'The upstream takes no effort.',
      ],
    }),
  efforts: z.array(name).optional().meta({ description: 'Efforts listed as variants of each model, as id:low.' }),
  serviceTier: z.boolean().optional().meta({ description: 'The upstream accepts service_tier.' }),
  developerRole: z.boolean().optional().meta({ description: 'The upstream accepts the role developer.' }),
  metadata: z.boolean().optional().meta({ description: 'The upstream accepts metadata and user.' }),
  systemMessages: z
    .enum(['one', 'any'])
    .optional()
    .meta({
      description: 'How many system messages the upstream takes.',
      enumDescriptions: [
        'One, at the beginning: more are joined, later ones become user messages (chat templates of local servers).',
        'Any number, anywhere.',
      ],
    }),
  maxOutputTokens: z.int().positive().optional().meta({ description: 'The most output tokens the upstream allows.' }),
};
