import assert from 'node:assert/strict';
import type { LoadedConfig } from '../../../src/config/formats/loaded';
import { createZeroConfiguration } from '../../../src/process/zeroConfiguration';
import type { FoundBackend } from '../../../src/upstream/discover';

const ollama: FoundBackend = { name: 'ollama', preset: 'ollama', where: 'answers on http://127.0.0.1:11434' };
const variable: FoundBackend = { name: 'groq', preset: 'groq', where: 'GROQ_API_KEY', apiKeyEnv: 'GROQ_API_KEY' };

const names = ({ settings }: LoadedConfig): string[] =>
  (settings?.backends ?? []).map(({ name, default: isDefault }) => (isDefault ? `${name}!` : name));

describe('zero configuration over time', () => {
  /** Servers that answer, and a look whenever the test wants one. */
  function world(env: Record<string, string>) {
    const answering: FoundBackend[] = [variable];
    let look = async () => {};
    const told: [string[], string[]][] = [];
    const zero = createZeroConfiguration(
      async () => answering,
      env,
      (_ms, run) => {
        look = run;
        return () => {};
      },
    );
    zero.watch((config, found) => told.push([names(config), found]));
    return { answering, zero, told, look: () => look() };
  }

  it('finds a local server that is started later, and says so once', async () => {
    const { answering, zero, told, look } = world({ OPENAI_API_KEY: 'x' });
    assert.deepEqual(names(await zero.read()), ['openai!', 'demo']);
    await look();
    assert.deepEqual(told, []);
    answering.push(ollama);
    await look();
    await look();
    assert.deepEqual(told, [[['openai!', 'ollama', 'demo'], ['ollama']]]);
  });
  it('uses no server that wants a key, which nobody has given', async () => {
    const { answering, zero } = world({ OPENAI_API_KEY: 'x' });
    answering.push({ ...ollama, needsKey: true });
    assert.deepEqual(names(await zero.read()), ['openai!', 'demo']);
  });
  it('keeps the default that bare names had', async () => {
    const { answering, zero, told, look } = world({ GROQ_API_KEY: 'x' });
    assert.deepEqual(names(await zero.read()), ['groq!', 'demo']);
    answering.push(ollama);
    await look();
    assert.deepEqual(told[0]?.[0], ['groq!', 'ollama', 'demo']);
  });
  it('keeps a server that answered when the environment is read again or the server rests', async () => {
    const { answering, zero } = world({ OPENAI_API_KEY: 'x' });
    answering.push(ollama);
    await zero.read();
    answering.length = 0;
    assert.deepEqual(names(await zero.read()), ['openai!', 'ollama', 'demo']);
  });
});
