// An MCP server over standard input and output with one tool, which writes a file: as small as the protocol allows.
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const text = { type: 'string' };
const stamp = {
  name: 'stamp',
  description: 'Stamps a file.',
  inputSchema: { type: 'object', properties: { file: text, content: text }, required: ['file', 'content'] },
};
const ANSWERS = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'probe', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({ tools: [stamp] }),
  'tools/call': ({ arguments: { file, content } }) => {
    writeFileSync(file, content);
    return { content: [{ type: 'text', text: 'stamped' }] };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const answer = ANSWERS[method];
  const told = answer ? { result: answer(params ?? {}) } : { error: { code: -32601, message: 'not known' } };
  console.log(JSON.stringify({ jsonrpc: '2.0', id, ...told }));
}
