/** A router process for tests: the real life cycle around the fake core. Its environment says how it should differ. */
import { parseArgs } from 'node:util';
import { runEditorMode } from '../../../src/process/editorMode';
import { createFakeCore } from './fakeCore';

const { values } = parseArgs({
  options: { editor: { type: 'boolean' }, 'data-dir': { type: 'string' }, 'take-over': { type: 'boolean' } },
});
const version = process.env.TEST_VERSION ?? '1.0.0';
const [newest, oldest] = (process.env.TEST_PROTOCOLS ?? '1:1').split(':').map(Number);
if (process.env.TEST_CRASH !== undefined) {
  process.stderr.write('the test router breaks at its start\n');
  process.exit(3);
}
if (process.env.TEST_SILENT !== undefined) setInterval(() => undefined, 60_000);
else {
  process.exitCode = await runEditorMode({
    dataDir: values['data-dir']!,
    version,
    takeOver: values['take-over'] === true,
    lingerSeconds: Number(process.env.TEST_LINGER ?? 10),
    answerTimeout: Number(process.env.TEST_ANSWER_TIMEOUT ?? 5_000),
    protocols: { newest: newest!, oldest: oldest! },
    createCore: (context) => createFakeCore(context, version),
  });
  process.exit();
}
