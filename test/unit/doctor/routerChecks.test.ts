import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type DoctorFacts, localOrigin } from '../../../src/doctor/facts';
import { problemsFinding, routerChecks } from '../../../src/doctor/routerChecks';
import type { Problem } from '../../../src/settings/problem';
import { removeFolder } from '../../support/platform';

describe('doctor: the router on this machine', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-doctor-'));
    mkdirSync(path.join(dataDir, 'run'));
  });
  afterEach(() => removeFolder(dataDir));

  const look = async (id: 'process' | 'port', facts: object) => {
    const given = { dataDir, version: '1.0.0', request: {}, settings: { port: 11_411 }, phase: 'running', ...facts };
    const check = routerChecks(given as unknown as DoctorFacts).find((one) => one.id === id);
    const { state, why } = await check!.look(new AbortController().signal);
    return [state, why] as const;
  };
  const claim = (generation: number, pid: number, version = '0.9.0') =>
    writeFileSync(
      path.join(dataDir, 'run', `gen-${generation}.json`),
      JSON.stringify({ pid, address: path.join(dataDir, 'x.sock'), version }),
    );
  const at = (port: number, attached = false) => ({ listener: { host: '127.0.0.1', port, attached } });

  describe('its process', () => {
    it('is the only one, whatever those before it left behind', async () => {
      claim(1, spawnSync(process.execPath, ['-e', '']).pid);
      claim(2, process.pid, '1.0.0');
      writeFileSync(path.join(dataDir, 'run', 'gen-3.json'), '{');
      assert.equal((await look('process', at(11_411)))[0], 'ok');
    });
    it('has an older one beside it, which is named', async () => {
      claim(1, process.ppid);
      claim(2, process.pid, '1.0.0');
      const [state, why] = await look('process', at(11_411));
      assert.equal(state, 'warning');
      assert.match(why, new RegExp(`\\b${process.ppid}\\b.*0\\.9\\.0`));
    });
    it('is the one that is asked, where the Doctor runs beside it', async () => {
      claim(1, process.ppid);
      assert.equal((await look('process', at(11_500, true)))[0], 'ok');
    });
    it('is looked at where its folder is not there', async () => {
      removeFolder(path.join(dataDir, 'run'));
      assert.equal((await look('process', at(11_411)))[0], 'ok');
    });
    it('is another version than the window', async () => {
      const other = { request: { windowVersion: '2.0.0' } };
      assert.equal((await look('process', { ...at(11_411, true), ...other }))[0], 'failed');
      assert.equal((await look('process', { ...at(11_411), request: { windowVersion: '1.0.0' } }))[0], 'ok');
    });
  });

  describe('its port', () => {
    it('is another one than was asked for', async () => {
      assert.equal((await look('port', at(11_411)))[0], 'ok');
      assert.equal((await look('port', at(11_412)))[0], 'warning');
    });
    it('may be any where none was asked for, or where it is the choice of the router that runs', async () => {
      assert.equal((await look('port', { ...at(40_000), settings: { port: 0 } }))[0], 'ok');
      assert.equal((await look('port', at(11_412, true)))[0], 'ok');
    });
    it('is not there yet while the router starts, and missing where it does not', async () => {
      assert.equal((await look('port', { phase: 'starting' }))[0], 'warning');
      assert.equal((await look('port', { phase: 'stopped' }))[0], 'failed');
    });
  });

  it('a listener of all addresses is asked at the one of this machine, in its own family', () => {
    for (const [host, origin] of [
      ['127.0.0.1', 'http://127.0.0.1:1'],
      ['0.0.0.0', 'http://127.0.0.1:1'],
      ['::', 'http://[::1]:1'],
      ['fd00::1', 'http://[fd00::1]:1'],
      ['box.lan', 'http://box.lan:1'],
    ] as const)
      assert.equal(localOrigin({ host, port: 1 }), origin);
  });

  it('problems of settings: errors before warnings, three of them with their places, the rest counted', () => {
    const problem = (at: string, severity: Problem['severity'], line?: number): Problem => ({
      ...{ path: at, message: `wrong ${at}`, severity },
      ...(line !== undefined && { line }),
    });
    const warnings = ['a', 'b', 'c', 'd', 'e'].map((at) => problem(at, 'warning'));
    assert.equal(problemsFinding([]), undefined);
    const told = problemsFinding(warnings)!;
    assert.equal(told.state, 'warning');
    for (const part of ['wrong a', 'wrong b', 'wrong c', '2 more']) assert.ok(told.why.includes(part), part);
    assert.ok(!told.why.includes('wrong d'));
    const failed = problemsFinding([...warnings, problem('x', 'error', 7), problem('', 'error')])!;
    assert.equal(failed.state, 'failed');
    assert.match(failed.why, /x, line 7.*wrong x/);
    assert.ok(failed.why.includes('wrong ') && !failed.why.includes('wrong a'));
    assert.deepEqual(failed.action, problemsFinding([problem('x', 'error')])?.action);
  });
});
