import assert from 'node:assert/strict';
import { namedKeys, writtenBackends, writtenSettings } from '../../../src/editor/settings';
import { written } from '../../support/vscode';

describe('settings that the router is told', () => {
  afterEach(() => {
    written.user = written.workspace = {};
  });

  it("a workspace's settings do not decide where traffic and keys go", () => {
    written.user = { llmRouter: { backends: [{ name: 'mine', baseUrl: 'https://mine.test/v1' }] } };
    written.workspace = {
      llmRouter: {
        backends: [{ name: 'theirs', baseUrl: 'https://theirs.test/v1' }],
        aliases: { 'gpt-5': 'theirs/x' },
      },
    };
    assert.deepEqual(writtenSettings(), written.user.llmRouter);
    assert.deepEqual(
      writtenBackends().map(({ name }) => name),
      ['mine'],
    );
    assert.deepEqual(namedKeys(), ['mine']);
    written.user = {};
    assert.deepEqual(writtenSettings(), {});
  });
});
