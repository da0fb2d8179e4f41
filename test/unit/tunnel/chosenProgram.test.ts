/** A program that a person has named is the one that is meant: what is wrong with it names the setting, and nothing is downloaded. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findCloudflared } from '../../../src/tunnel/cloudflared/cloudflaredBinary';
import { launchCloudflared } from '../../../src/tunnel/cloudflared/cloudflaredProcess';
import { TunnelProblem } from '../../../src/tunnel/driver';
import { openStateFile } from '../../../src/tunnel/stateFile';
import { downloadHelps } from '../../../src/tunnel/tunnel';
import { realWorld } from '../../../src/tunnel/world';

describe('a program that a person has named', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(os.tmpdir(), 'llm-router-chosen-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  async function problemOf(work: Promise<unknown>): Promise<TunnelProblem> {
    const problem = await work.then(
      () => undefined,
      (error: Error) => error,
    );
    assert.ok(problem instanceof TunnelProblem);
    return problem;
  }
  const helps = ({ said, details }: TunnelProblem) => downloadHelps({ needsBinary: details.missingBinary, says: said });

  it('another program than cloudflared: the setting is named, no download is offered', async () => {
    const problem = await problemOf(findCloudflared({ chosen: process.execPath, dataDir, world: realWorld() }));
    assert.match(
      problem.message,
      /does not start \(it is not cloudflared\)\. It is named in llmRouter\.tunnel\.binary/,
    );
    assert.equal(helps(problem), false);
  });

  for (const chosen of [true, false])
    it(`that the system does not start: ${chosen ? 'the setting is named, no download' : 'not named: a download'} is offered`, async () => {
      const binary = path.join(dataDir, 'cloudflared');
      writeFileSync(binary, 'no program', { mode: 0o600 });
      const problem = await problemOf(
        launchCloudflared({
          ...{
            dataDir,
            world: realWorld(),
            state: openStateFile(dataDir),
            binary,
            chosen,
            provider: 'cloudflaredNamed',
          },
          ...{ host: 'a.example', localPort: 1, transport: 'quic', again: false, identity: { token: 'token' } },
        }),
      );
      assert.equal(/is named in llmRouter\.tunnel\.binary/.test(problem.message), chosen);
      assert.equal(helps(problem), !chosen);
    });
});
