/**
 * The one schema of every setting. From it come: validation in the router, the defaults, the
 * `contributes.configuration` block of package.json and the table in docs/settings.md.
 * Keys are never settings (design §2.10): a setting may only name where a key is found.
 */

import * as z from 'zod';
import { PRESET_NAMES, PRESETS } from '../routing/presets';
import { WIRES } from '../wires/wire';
import { abilities, name } from './abilitySettings';
import { routes } from './routeSettings';
import { TUNNEL_KINDS, TUNNEL_NAMES } from './tunnelKinds';

const DAY = 86_400;
const limit = () => z.number().min(0).max(DAY);
/** A text that may be left empty; empty counts as absent, for the editor hands over '' where nothing is set. */
const optionalName = z
  .string()
  .trim()
  .max(200)
  .transform((text) => (text === '' ? undefined : text))
  .optional();

const timeoutTexts = {
  connect: 'Seconds to open the connection to a provider.',
  firstByte: 'Seconds until the provider answers with its status line. 0 is no limit.',
  firstContent: 'Seconds until a stream brings its first content (text, thinking or a tool call). 0 is no limit.',
  idle: 'Seconds a started stream may stay silent. 0 is no limit.',
  total: 'Seconds one request may take in all. 0 is no limit.',
  fallbackAfter:
    'Seconds without first content after which a configured fallback is tried instead. Raise it for models that think long in silence. 0 is no limit of its own.',
  headHold:
    'Seconds the answer head of a stream waits for first content, so that an early failure can still be an error, a retry or a fallback.',
};
const timeouts = z.strictObject({
  connect: limit().default(10).meta({ description: timeoutTexts.connect }),
  firstByte: limit().default(120).meta({ description: timeoutTexts.firstByte }),
  firstContent: limit().default(180).meta({ description: timeoutTexts.firstContent }),
  idle: limit().default(120).meta({ description: timeoutTexts.idle }),
  total: limit().default(1_800).meta({ description: timeoutTexts.total }),
  fallbackAfter: limit().default(30).meta({ description: timeoutTexts.fallbackAfter }),
  headHold: limit().default(5).meta({ description: timeoutTexts.headHold }),
});
const backendTimeouts = z.strictObject({
  connect: limit().optional().meta({ description: timeoutTexts.connect }),
  firstByte: limit().optional().meta({ description: timeoutTexts.firstByte }),
  firstContent: limit().optional().meta({ description: timeoutTexts.firstContent }),
  idle: limit().optional().meta({ description: timeoutTexts.idle }),
  total: limit().optional().meta({ description: timeoutTexts.total }),
  fallbackAfter: limit().optional().meta({ description: timeoutTexts.fallbackAfter }),
  headHold: limit().optional().meta({ description: timeoutTexts.headHold }),
});

const dollars = () => z.number().min(0);
const price = z
  .strictObject({
    input: dollars().meta({ description: 'US dollars per million input tokens.' }),
    output: dollars().meta({ description: 'US dollars per million output tokens.' }),
    cacheRead: dollars().optional().meta({ description: 'US dollars per million tokens read from the cache.' }),
    cacheWrite: dollars().optional().meta({ description: 'US dollars per million tokens written to the cache.' }),
  })
  // The number 0 alone is read as free (shape.ts).
  .meta({
    description: 'Your own price for this model; it wins over the shipped table.',
    type: ['object', 'number'],
    maximum: 0,
  });

const model = z.strictObject({
  id: name.meta({
    description:
      'The name clients use, complete as written. One * stands for anything and makes the entry a rule for many names.',
  }),
  upstream: name.optional().meta({
    description:
      'The name the provider knows; a * in it stands for what the * in the id stood for. Default: the id without the prefix of the backend.',
  }),
  aliases: z.array(name).optional().meta({ description: 'Other names for the same model.' }),
  hidden: z
    .boolean()
    .optional()
    .meta({ description: 'Serve this model without listing it, such as one used only as a fallback.' }),
  reasoningEffort: name.optional().meta({
    description: 'Makes this entry a variant with that effort; it beats the effort in a request.',
  }),
  apiKeyName: name.optional().meta({ description: 'Name of a stored key to use instead of the key of the backend.' }),
  apiKeyEnv: name.optional().meta({ description: 'Environment variable that holds the key for this model.' }),
  price: price.optional(),
  fallbacks: z
    .array(name)
    .optional()
    .meta({ description: 'Model names to try, in order, when this one fails before its first content.' }),
  routes: routes.optional(),
  buffered: z.boolean().optional().meta({
    description: 'Hold the answer until it is whole. Slower to show, but a broken stream can still go to a fallback.',
  }),
  contextFallback: name.optional().meta({
    description: 'Model with a larger window to use when the input is too long for this one.',
  }),
  imagesBy: name.optional().meta({
    description:
      'For a model that cannot see: the model that describes each picture, once, in words that take its place. Without it pictures are left out and the text says so.',
  }),
  wire: z
    .enum(WIRES)
    .optional()
    .meta({
      description: 'The API to speak for this model. Default: what the model needs, else that of the backend.',
      enumDescriptions: ['OpenAI Chat Completions', 'OpenAI Responses', 'Anthropic Messages'],
    }),
  base: name.optional().meta({
    description: 'The model behind this name, such as gpt-5.5, where the name itself does not say (Azure deployments).',
  }),
  ...abilities,
});

const backend = z.strictObject({
  name: name
    .regex(/^[^\s/:]+$/, 'has no spaces, slashes or colons')
    .meta({ description: 'A short name, also the default prefix and the name of the stored key.' }),
  preset: z
    .enum(PRESET_NAMES)
    .optional()
    .meta({
      description: 'A known provider; what is written beside it overrides it.',
      enumDescriptions: PRESET_NAMES.map((preset) => PRESETS[preset].title),
    }),
  baseUrl: z
    .string()
    .trim()
    .regex(/^https?:\/\/[^\s]+$/i, 'starts with http:// or https:// and has no spaces')
    .optional()
    .meta({ description: 'Base URL of the provider. Without a path it gets /v1; with one it is used as written.' }),
  wire: z
    .enum(WIRES)
    .optional()
    .meta({
      description: 'The API the provider speaks.',
      enumDescriptions: ['OpenAI Chat Completions', 'OpenAI Responses', 'Anthropic Messages'],
    }),
  prefix: z.string().trim().max(200).optional().meta({
    description: 'Model names that start with this go to this backend. Default: name/. Empty: configured names only.',
  }),
  default: z.boolean().optional().meta({
    description:
      'Use this backend for names that nothing else matches. The only backend is the default unless this is false.',
  }),
  apiKeyEnv: name.optional().meta({ description: 'Environment variable that holds the key.' }),
  apiKeyNames: z.array(name).optional().meta({
    description:
      'Names of several keys of your own (stored ones, or environment variables), in order: the next one is asked when one is refused or out of credit, and stays with that conversation.',
  }),
  requireApiKey: z.boolean().optional().meta({ description: 'Refuse requests while no key is known.' }),
  headers: z.record(z.string(), z.string()).optional().meta({ description: 'Extra request headers. Not for keys.' }),
  query: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'Extra query parameters, such as api-version. Not for keys.' }),
  roleRewrites: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'Message roles to rename, such as developer to system.' }),
  unsupportedParams: z
    .array(name)
    .optional()
    .meta({ description: 'Top-level parameters to drop before sending. Replaces the list of the preset.' }),
  edits: z
    .enum(['facts', 'none'])
    .optional()
    .meta({
      description: 'What is changed in requests of clients that speak the API of the provider themselves.',
      enumDescriptions: [
        'What the model is documented to refuse is left out, efforts become the nearest it knows. The default.',
        'Nothing but the model name and what these settings ask for.',
      ],
    }),
  learn: z.boolean().optional().meta({
    description:
      'Learn from refusals: a parameter that the provider says it does not take is left out in a second try, and from then on where that helped. Default: true.',
  }),
  passThrough: z.boolean().optional().meta({
    description:
      'Pass on what is no text (audio, images, videos, files, batches, moderations, vector stores) unread to this backend, for client keys without limits to models, money or tokens. It has a record, but no price. Default: false.',
  }),
  models: z.array(model).optional().meta({ description: 'Models with settings of their own.' }),
  fallbacks: z
    .array(name)
    .optional()
    .meta({ description: 'Model names to try when a model of this backend fails before its first content.' }),
  routes: routes.optional(),
  timeouts: backendTimeouts.optional().meta({ description: 'Time limits of this backend, in seconds.' }),
  ...abilities,
});

const clientKey = z.strictObject({
  name: name
    .regex(/^[\w.-]+$/, 'has letters, digits, dots, dashes and underscores only')
    .meta({ description: 'Name of the key; its secret is stored apart.' }),
  apiKeyEnv: name
    .optional()
    .meta({ description: 'Environment variable that holds the secret when running without an editor.' }),
  models: z.array(name).optional().meta({ description: 'Model names this key may use; * stands for anything.' }),
  budget: z
    .strictObject({
      day: dollars().optional().meta({ description: 'US dollars a day.' }),
      week: dollars().optional().meta({ description: 'US dollars a week, from Monday.' }),
      month: dollars().optional().meta({ description: 'US dollars a calendar month.' }),
      total: dollars().optional().meta({ description: 'US dollars in all.' }),
      warnAt: z
        .number()
        .min(0)
        .max(1)
        .default(0.8)
        .meta({ description: 'Share of a limit at which you are told, from 0 to 1.' }),
    })
    .optional()
    .meta({ description: 'US dollars this key may spend.' }),
  requestsPerMinute: z.int().positive().optional().meta({ description: 'Requests a minute.' }),
  tokensPerMinute: z.int().positive().optional().meta({ description: 'Input and output tokens a minute.' }),
  maxStreams: z.int().positive().optional().meta({ description: 'Requests at the same time.' }),
  expires: z.iso.date().optional().meta({ description: 'Last day this key works, as 2027-01-31.' }),
  enabled: z.boolean().default(true).meta({ description: 'Whether the key works.' }),
});

/** What the status bar may show beside the name. */
const STATUS_BAR = ['state', 'requests', 'cost'] as const;
export type StatusBarShows = (typeof STATUS_BAR)[number];

/** Order of the keys here is their order in the settings page. */
export const settingsSchema = z.strictObject({
  port: z.int().min(0).max(65_535).default(11_411).meta({
    description: 'Port of the router on 127.0.0.1. If it is taken the next free one is used. 0 is any free port.',
  }),
  allowedHosts: z.array(name).default([]).meta({
    description:
      'Names of this machine under which clients call the router, such as host.docker.internal. Addresses need no entry.',
  }),
  autoStart: z.boolean().default(true).meta({ description: 'Start the router when the editor starts.' }),
  statusBar: z
    .strictObject({
      shows: z
        .enum(STATUS_BAR)
        .default('state')
        .meta({
          description: 'What the status bar shows while everything works.',
          enumDescriptions: ['The name alone.', 'The requests of today.', 'What today has cost, in US dollars.'],
        }),
    })
    .prefault({}),
  lingerSeconds: z
    .union([z.int().min(0).max(60), z.literal('always')])
    .default(10)
    .meta({
      description:
        'Seconds the router stays after the last window has closed, so that a reload interrupts nothing. always: until Stop Router, for other clients and devices.',
    }),
  backends: z.array(backend).default([]).meta({
    description: 'Where models come from. Use the command Add Backend… to fill this in.',
    markdownDescription:
      'Where models come from. The command **LLM Router: Add Backend…** fills this in. Keys do not belong here: they are kept in the secret storage of the editor.',
  }),
  aliases: z.record(name, name).default({}).meta({
    description: 'Your own names for models: name to model.',
    markdownDescription: 'Your own names for models of `#llmRouter.backends#`: name to model.',
  }),
  fallbackModel: optionalName.meta({ description: 'Model for requests whose model name is missing or unknown.' }),
  tunnel: z
    .strictObject({
      provider: z
        .enum(TUNNEL_NAMES)
        .default('cloudflared')
        .meta({
          description: 'How Cursor reaches the router.',
          enumDescriptions: Object.values(TUNNEL_KINDS).map(({ description }) => description),
        }),
      binary: z.string().trim().default('').meta({
        description: 'Path of the tunnel program (cloudflared, ngrok or tailscale). Empty: found by itself.',
        markdownDescription:
          'Path of the program of `#llmRouter.tunnel.provider#` (cloudflared, ngrok or tailscale). Empty: found by itself.',
      }),
      hostname: z.string().trim().default('').meta({
        description: 'Public hostname of a named Cloudflare tunnel or a reserved ngrok domain.',
        markdownDescription:
          'Public hostname when `#llmRouter.tunnel.provider#` is `cloudflared-named`, or a reserved domain of `ngrok`.',
      }),
      url: z.string().trim().default('').meta({
        description: 'Public URL for the provider custom, as https://llm.example.com.',
        markdownDescription: 'Public URL when `#llmRouter.tunnel.provider#` is `custom`, as `https://llm.example.com`.',
      }),
    })
    .prefault({}),
  cursor: z
    .strictObject({
      detect: z
        .enum(['auto', 'always', 'never'])
        .default('auto')
        .meta({
          description: 'Which requests get the treatment that Cursor needs.',
          enumDescriptions: ['Those that look like Cursor.', 'All requests.', 'None.'],
        }),
      keepKeyOn: z.boolean().default(false).meta({
        description:
          "Switches Cursor's OpenAI key on again when Cursor has switched it off by itself, as it does every few hours: one window, only while this router's URL stands there, a few times an hour at most; the first time within an hour asks.",
      }),
      thinking: z
        .enum(['details', 'think', 'hide'])
        .default('details')
        .meta({
          description: 'How thinking is shown in Cursor.',
          enumDescriptions: ['As a section that folds.', 'Between think tags.', 'Not at all.'],
        }),
      contextOverflow: z
        .enum(['error', 'compact'])
        .default('error')
        .meta({
          description: 'What Cursor is told when the input is too long for the model.',
          enumDescriptions: ['The error of the provider.', 'That its context is full, so that it compacts the chat.'],
        }),
      customToolReply: z
        .enum(['function', 'custom'])
        .default('function')
        .meta({
          description: 'The form in which calls of custom tools go back to Cursor.',
          enumDescriptions: ['As a function call with raw text.', 'As a custom tool call.'],
        }),
      midStreamError: z
        .enum(['text', 'event'])
        .default('text')
        .meta({
          description: 'How a failure after the first text is told to Cursor.',
          enumDescriptions: ['As a sentence in the answer.', 'As an error event of the stream.'],
        }),
      cacheControl: z
        .union([z.boolean(), z.literal('auto')])
        .default('auto')
        .meta({
          description:
            'Add prompt caching marks for Claude (Anthropic’s API, OpenRouter) when a client sends none: what a turn before has sent then costs a tenth. auto: to requests with tools or an earlier answer; true: to every request; false: to none.',
        }),
      memory: z.boolean().default(true).meta({
        description: 'Remember what Cursor drops between turns (thinking signatures and the like).',
      }),
    })
    .prefault({}),
  timeouts: timeouts.prefault({}),
  retry: z
    .strictObject({
      attemptsPerBackend: z
        .int()
        .min(1)
        .max(10)
        .default(3)
        .meta({ description: 'Attempts on one backend for one request.' }),
      attempts: z.int().min(1).max(30).default(6).meta({
        description: 'Attempts in all for one request.',
        markdownDescription:
          'Attempts in all for one request; `#llmRouter.retry.attemptsPerBackend#` bounds those on one backend.',
      }),
      waitSeconds: limit().default(10).meta({ description: 'Seconds a request may wait between attempts, in all.' }),
    })
    .prefault({}),
  limits: z
    .strictObject({
      bodyMb: z
        .number()
        .min(0.001)
        .max(1_024)
        .default(256)
        .meta({ description: 'Largest request body, in megabytes.' }),
      totalBodyMb: z.number().min(0.001).max(8_192).default(512).meta({
        description: 'All request bodies held in memory at once, in megabytes.',
      }),
      streams: z.int().min(1).max(10_000).default(200).meta({
        description: 'Requests at the same time.',
        markdownDescription: 'Requests at the same time; each of `#llmRouter.clientKeys#` may have a smaller number.',
      }),
      connections: z.int().min(1).max(20_000).default(1_000).meta({ description: 'Open client connections.' }),
    })
    .prefault({}),
  clientKeys: z
    .array(clientKey)
    .default([])
    .meta({ description: 'Keys for other devices and people, besides the main key.' }),
  ledger: z
    .strictObject({
      retentionMonths: z.int().min(1).max(120).default(13).meta({ description: 'Months of request records to keep.' }),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      enabled: z
        .boolean()
        .default(false)
        .meta({ description: 'Serve Prometheus metrics on a separate loopback port.' }),
      port: z.int().min(0).max(65_535).default(11_412).meta({
        description: 'Port of the metrics.',
        markdownDescription: 'Port of the metrics on 127.0.0.1, where `#llmRouter.metrics.enabled#` is on.',
      }),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(['error', 'warn', 'info', 'debug'])
        .default('info')
        .meta({
          description: 'How much the log tells.',
          enumDescriptions: [
            'Failures only.',
            'Failures and oddities.',
            'One line a request.',
            'Everything but contents and keys.',
          ],
        }),
    })
    .prefault({}),
});

/** All settings with their defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;
/** Settings as a person writes them: everything optional. */
export type SettingsInput = z.input<typeof settingsSchema>;
export type BackendSettings = Settings['backends'][number];
export type ModelSettings = NonNullable<BackendSettings['models']>[number];
export type ClientKeySettings = Settings['clientKeys'][number];
export type Price = z.output<typeof price>;
export type Timeouts = Settings['timeouts'];
