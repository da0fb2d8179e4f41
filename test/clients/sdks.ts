/** Both vendors' SDKs with a tool loop, theirs where they have one: the quickest real clients. */
import { writeFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import OpenAI from 'openai';
import type { Client, Run } from './bench';
import type { Told, Tools } from './situations';

const ASK = 'Do it.';
const PARAMETERS = {
  type: 'object',
  properties: { file: { type: 'string' }, content: { type: 'string' } },
  required: ['file', 'content'],
} as const;
interface Args {
  file: string;
  content: string;
}
const write = ({ file, content }: Args): string => {
  writeFileSync(file, content);
  return 'written';
};
const tools: Tools = { write: (file, content) => ({ tool: /^write$/, args: { file, content } }) };

/** What the pasted lines put into the environment. */
function values(lines: string): Record<string, string> {
  return Object.fromEntries([...lines.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name, value]));
}
const openai = ({ lines }: Run): OpenAI => {
  const { OPENAI_BASE_URL: baseURL, OPENAI_API_KEY: apiKey } = values(lines);
  return new OpenAI({ baseURL: baseURL!, apiKey: apiKey! });
};

/** A failure is told by the SDK's own exception. */
const telling =
  (run: (run: Run) => Promise<Omit<Told, 'ok' | 'all'>>) =>
  async (how: Run): Promise<Told> => {
    try {
      const told = await run(how);
      return { ok: true, all: told.text, ...told };
    } catch (error) {
      return { ok: false, text: '', all: String(error) };
    }
  };

export const SDKS: readonly Client[] = [
  {
    title: 'openai, chat',
    tool: 'openai-sdk',
    servers: false,
    tools,
    run: telling(async (run) => {
      const runner = openai(run).chat.completions.runTools({
        model: run.model,
        reasoning_effort: 'medium',
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: ASK }],
        tools: [
          {
            type: 'function',
            function: {
              name: 'write',
              description: 'Writes a file.',
              parameters: PARAMETERS as unknown as Record<string, unknown>,
              parse: (text: string) => JSON.parse(text) as Args,
              function: write,
            },
          },
        ],
      });
      const text = (await runner.finalContent()) ?? '';
      const { prompt_tokens: input, completion_tokens: output } = await runner.totalUsage();
      return { text, usage: { input, output } };
    }),
  },
  {
    title: 'openai, responses',
    tool: 'openai-sdk',
    servers: false,
    tools,
    run: telling(async (run) => {
      const client = openai(run);
      const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: ASK }];
      const usage = { input: 0, output: 0 };
      for (;;) {
        const stream = await client.responses.create({
          model: run.model,
          input,
          stream: true,
          store: false,
          include: ['reasoning.encrypted_content'],
          reasoning: { effort: 'low', summary: 'auto' },
          tools: [
            { type: 'function', name: 'write', description: 'Writes a file.', parameters: PARAMETERS, strict: false },
          ],
        });
        let response: OpenAI.Responses.Response | undefined;
        for await (const event of stream) {
          if (event.type === 'response.completed') response = event.response;
          if (event.type === 'response.failed') throw new Error(event.response.error?.message);
        }
        if (!response) throw new Error('the stream ended before its answer was whole');
        usage.input += response.usage?.input_tokens ?? 0;
        usage.output += response.usage?.output_tokens ?? 0;
        const calls = response.output.filter((item) => item.type === 'function_call');
        if (calls.length === 0) {
          const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
          return { text: parts.map((part) => (part.type === 'output_text' ? part.text : '')).join(''), usage };
        }
        input.push(...(response.output as OpenAI.Responses.ResponseInputItem[]));
        for (const call of calls) {
          const output = write(JSON.parse(call.arguments) as Args);
          input.push({ type: 'function_call_output', call_id: call.call_id, output });
        }
      }
    }),
  },
  {
    title: '@anthropic-ai/sdk',
    tool: 'anthropic-sdk',
    servers: false,
    tools,
    run: telling(async (run) => {
      const { ANTHROPIC_BASE_URL: baseURL, ANTHROPIC_API_KEY: apiKey } = values(run.lines);
      const runner = new Anthropic({ baseURL: baseURL!, apiKey: apiKey! }).beta.messages.toolRunner({
        model: run.model,
        max_tokens: 4_000,
        thinking: { type: 'enabled', budget_tokens: 2_000 },
        stream: true,
        messages: [{ role: 'user', content: ASK }],
        tools: [betaTool({ name: 'write', description: 'Writes a file.', inputSchema: PARAMETERS, run: write })],
      });
      const usage = { input: 0, output: 0 };
      let text = '';
      for await (const stream of runner) {
        const message = await stream.finalMessage();
        const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = message.usage;
        usage.input += input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0);
        usage.output += output_tokens;
        text = message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('');
      }
      return { text, usage };
    }),
  },
];
