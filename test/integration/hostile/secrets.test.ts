/**
 * A varied session in the built program with marked keys and prompts; afterwards no log, no file and no answer holds any of
 * them, nor a path of this machine. The one file that may hold the stored key is for its owner only.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assertPrivate } from '../../support/platform';
import { startProgram, tempFolder } from '../../support/program';
import { type Answer, chatCompletion, chunk, json, sse, startUpstream, wordStream } from '../../support/upstream';

const CLIENT_KEY = 'sk-MARKEDCLIENT-0123456789abcdef';
const PROVIDER_KEY = 'MARKEDPROVIDER-key-987654321';
const PROMPT = 'MARKEDPROMPT';
const ANSWER = 'MARKEDANSWER';
/** Stands where a role or a type belongs: quoted to the one who sent it, and nowhere else. */
const ROLE = 'MARKEDROLE';
const WRONG = 'sk-MARKEDWRONG-1234567890abcdef';

describe('secrets', function () {
  this.timeout(120_000);
  it('are in no log, no file and no error after a varied session', async () => {
    const temp = tempFolder();
    const dataDir = path.join(temp.folder, 'data');
    const echo =
      (status: number, more: object = {}): Answer =>
      (seen, response) =>
        json({ error: { message: `Key ${seen.headers.authorization} is not welcome.`, ...more } }, status)(
          seen,
          response,
        );
    const faults: Record<string, Answer> = {
      good: json(chatCompletion(ANSWER)),
      stream: sse(...wordStream(ANSWER, ' and more')),
      auth: echo(401),
      down: echo(503),
      // Repeats what it was asked, in quotes and without, before and after the head of a stream.
      parrot: json(
        { error: { message: `Nobody may ask ${PROMPT} here; "${PROMPT}" is not welcome.`, code: 'odd' } },
        400,
      ),
      parrotStream: sse(
        chunk({ content: ANSWER }),
        `data: ${JSON.stringify({ error: { message: `It was ${PROMPT} that broke it.` } })}\n\n`,
      ),
      html: (_request, response) =>
        void response.writeHead(200, { 'content-type': 'text/html' }).end(`<html>${ANSWER}`),
      cut: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ content: ANSWER }));
        setTimeout(() => response.destroy(), 5);
      },
      tool: sse(
        chunk({
          tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: `{"${ANSWER}":1}` } }],
        }),
        chunk({}, 'tool_calls'),
      ),
    };
    const upstream = await startUpstream((seen, response) => {
      let model = '';
      try {
        model = String(seen.json().model);
      } catch {
        // As a provider does with a body that is broken further down.
        return json({ error: { message: 'This is not JSON.' } }, 400)(seen, response);
      }
      return faults[model]!(seen, response);
    });
    writeFileSync(
      path.join(temp.folder, 'llm-router.json'),
      JSON.stringify({
        retry: { attempts: 1 },
        log: { level: 'debug' },
        backends: [
          { name: 'up', baseUrl: upstream.url, default: true, apiKeyEnv: 'MARKED_KEY' },
          { name: 'gone', baseUrl: 'http://127.0.0.1:1', apiKeyEnv: 'MARKED_KEY' },
        ],
      }),
    );
    const program = startProgram(
      [
        '--port',
        '0',
        '--tunnel',
        'none',
        '--json',
        '--log-level',
        'debug',
        '--data-dir',
        dataDir,
        '--llmrouter-api-key',
        CLIENT_KEY,
      ],
      {
        cwd: temp.folder,
        env: { MARKED_KEY: PROVIDER_KEY },
      },
    );
    const errors: string[] = [];
    const told: string[] = [];
    try {
      const { localUrl } = (await program.event(({ event }) => event === 'listening')) as { localUrl: string };
      const ask = async (where: string, body: string, headers: Record<string, string> = {}) => {
        const response = await fetch(`${localUrl}/${where}`, {
          method: 'POST',
          body,
          headers: { authorization: `Bearer ${CLIENT_KEY}`, ...headers },
        });
        const text = await response.text();
        // The client is told a provider's sentence whole.
        if (body.includes('parrot')) told.push(text);
        else if (!response.ok) errors.push(text, JSON.stringify([...response.headers]));
      };
      const bodies = (model: string, stream: boolean) =>
        [
          [
            'chat/completions',
            {
              model,
              stream,
              messages: [{ role: 'user', content: PROMPT }],
              tools: [{ type: 'function', function: { name: 'f', description: PROMPT } }],
            },
          ],
          ['responses', { model, stream, instructions: PROMPT, input: PROMPT }],
          [
            'messages',
            { model, stream, max_tokens: 10, system: PROMPT, messages: [{ role: 'user', content: PROMPT }] },
          ],
        ] as const;
      for (const model of [...Object.keys(faults), 'gone/m'])
        for (const stream of [true, false])
          for (const [where, body] of bodies(model, stream))
            for (const agent of ['curl', 'Cursor/1.0']) await ask(where, JSON.stringify(body), { 'user-agent': agent });
      for (const broken of [
        `{"model":"good","messages":["${PROMPT}`,
        `{"model":"good","messages":["${PROMPT} \\x"]}`,
        `{"model":"demo/echo","messages":["${PROMPT} \\x"]}`,
        `${PROMPT}`,
        `{"model":"good","messages":"${PROMPT}"}`,
        `{"model":"good","messages":[{"role":"${ROLE}","content":{"${PROMPT}":1}}],"input":[{"type":"${ROLE}"}]}`,
      ])
        for (const where of ['chat/completions', 'responses', 'messages', 'messages/count_tokens'])
          for (const agent of ['curl', 'Cursor/1.0']) await ask(where, broken, { 'user-agent': agent });
      for (let n = 0; n < 3; n++) await ask('chat/completions', PROMPT, { authorization: `Bearer ${WRONG}` });
    } finally {
      program.child.kill('SIGTERM');
      await program.exited;
      await upstream.stop();
    }
    const places = new Map([
      ['stdout', program.stdout()],
      ['stderr', program.stderr()],
    ]);
    for (const name of readdirSync(dataDir, { recursive: true }) as string[]) {
      const file = path.join(dataDir, name);
      if (!statSync(file).isFile()) continue;
      places.set(name, readFileSync(file, 'latin1'));
      assertPrivate(file);
    }
    assert.ok(places.get('stderr')!.length + places.get('stdout')!.length > 1_000, 'there was something to look at');
    assert.ok(errors.length > 50);
    assert.ok(told.some((text) => text.includes(PROMPT)));
    assert.match([...places.values()].join('\n'), /Nobody may ask … here.*code odd/);
    places.set('answers', errors.join('\n'));
    for (const [place, text] of places) {
      for (const mark of [CLIENT_KEY, PROVIDER_KEY, WRONG, PROMPT, ANSWER, ...(place === 'answers' ? [] : [ROLE])]) {
        const at = text.indexOf(mark);
        assert.equal(at, -1, `${place} holds ${mark}: …${text.slice(Math.max(0, at - 200), at + 60)}`);
      }
    }
    for (const text of errors)
      assert.ok(!text.includes(temp.folder) && !text.includes(process.cwd()) && !/\bat \S+ \(/.test(text), text);
    temp.remove();
  });
});
