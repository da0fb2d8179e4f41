import assert from 'node:assert/strict';
import { blankOf, hostName, providerItems, urlProblem } from '../../../src/editor/backendInput';
import { buildBackends } from '../../../src/routing/build';
import { knownProviders } from '../../../src/routing/providerTable';
import { validateSettings } from '../../../src/settings/check';

describe('Add Backend…: providers without a preset', () => {
  const items = providerItems(knownProviders());
  /** As the list of the editor finds them: in label or description. */
  const typed = (text: string) => items.filter(({ label, description }) => `${label} ${description}`.includes(text));

  it('are found by name or host, and address and key variable are filled in', () => {
    const nscale = {
      name: 'nscale',
      baseUrl: 'https://inference.api.nscale.com/v1',
      keyEnv: 'NSCALE_API_KEY',
    };
    assert.deepEqual(
      typed('nscale').map(({ filled }) => filled),
      [nscale],
    );
    assert.deepEqual(
      typed('api.venice.ai').map(({ label }) => label),
      ['veniceai'],
    );
  });
  it('stand there once an address, in the order of the alphabet', () => {
    const addresses = items.map(({ filled }) => filled.baseUrl);
    assert.equal(new Set(addresses).size, addresses.length);
    assert.equal(addresses.length, new Set(knownProviders().map(({ baseUrl }) => baseUrl)).size);
    assert.deepEqual(
      typed('ai21').map(({ label }) => label),
      ['ai21'],
    );
    const labels = items.map(({ label }) => label);
    assert.deepEqual(
      labels,
      [...labels].sort((one, other) => one.localeCompare(other)),
    );
  });
  it('one on this machine is given no key by itself', () => {
    const [local] = typed('docker_model_runner');
    assert.equal(local?.filled.keyEnv, undefined);
    assert.equal(local?.description, 'on this machine');
  });
  it('each is a backend as it is filled in', () => {
    for (const { filled } of items) {
      const { name, baseUrl, keyEnv } = filled;
      const { settings, problems } = validateSettings({
        backends: [{ name, baseUrl, ...(keyEnv !== undefined && { apiKeyEnv: keyEnv }) }],
      });
      assert.deepEqual(problems, [], name);
      assert.equal(buildBackends(settings!)[0]!.baseUrl, baseUrl, name);
    }
  });
});

describe('Add Backend…: what is typed', () => {
  it('an address is a base, whole and without a password', () => {
    assert.equal(urlProblem('https://api.example.com/v1'), undefined);
    for (const text of ['api.example.com', 'https://{host}/v1', 'https://u:p@x.example', 'https://x.example/v1/models'])
      assert.equal(typeof urlProblem(text), 'string', text);
  });
  it('the part in braces is selected, and a host gives its name', () => {
    assert.deepEqual(blankOf('https://{host}/v1'), [8, 14]);
    assert.equal(hostName('https://api.example.com/v1'), 'example');
    assert.equal(hostName('http://127.0.0.1:8000'), 'local');
  });
});
