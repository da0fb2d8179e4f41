/** The bench: every figure is a ratio to the bare pass-through of the same run, medians of interleaved rounds (design §7). */
import { measureLedger } from './ledger';
import { measureMemory, measureStart, soak } from './memory';
import { measureLatency, measureParallel } from './requests';
import type { Field } from './rounds';
import { report, skip, summary } from './rows';
import { measureStreams } from './streams';
import { endAll, folder, forked, startBare, startGo, startOwed, startRouter } from './subjects';
import { measureTranslation } from './translation';

const wanted = process.argv.slice(3);
/** Run only when asked for by name. */
const ON_DEMAND = ['soak'];

try {
  const upstream = await forked('upstream.mjs');
  const { port } = upstream;
  const field: Field = {
    bare: await startBare('bare', port),
    twin: await startBare('twin', port),
    owed: await startOwed(port),
    router: await startRouter(port),
    go: await startGo(port),
  };
  if (!field.go) skip('llm-router 0.2.1 (Go)', 'LLM_ROUTER_GO_BIN names no program');
  const sections: Record<string, () => Promise<void>> = {
    latency: () => measureLatency(field),
    parallel: () => measureParallel(field),
    streams: () => measureStreams(field, upstream.child),
    memory: () => measureMemory(port),
    start: () => measureStart(port),
    translation: async () => measureTranslation(report),
    ledger: () => measureLedger(report, folder),
    soak: () => soak(port),
  };
  for (const [name, run] of Object.entries(sections))
    if (wanted.length > 0 ? wanted.includes(name) : !ON_DEMAND.includes(name)) await run();
  console.log(`\n${summary()}`);
} finally {
  endAll();
}
