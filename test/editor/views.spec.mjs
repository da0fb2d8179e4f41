// What a person sees and switches: client keys, the view Requests during a stream, usage, body logging, dashboard, walkthrough.
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { itOnlyIn, joinEditor, pictureOfFailure } from './editor.mjs';
import { routersOf } from './processes.mjs';
import { until } from './server.mjs';
import { KEY, startUpstream } from './upstream.mjs';

const PROMPT = 'what only the body log may hold';

describe('the views', () => {
  let editor;
  let window;
  let upstream;
  let baseUrl;
  let mainKey;

  before(async () => {
    upstream = await startUpstream({ key: KEY });
    const price = { input: 2000, output: 4000 };
    const backend = {
      name: 'openai',
      default: true,
      baseUrl: upstream.url,
      apiKeyEnv: 'LOOP_TOKEN',
      models: [{ id: 'openai/gpt-5-mini', price }],
    };
    editor = await joinEditor('views', {
      settings: {
        'llmRouter.lingerSeconds': 2,
        'llmRouter.tunnel.provider': 'none',
        'llmRouter.backends': [
          backend,
          { name: 'groq', preset: 'groq', apiKeyEnv: 'LOOP_TOKEN' },
          { name: 'anthropic', preset: 'anthropic' },
        ],
      },
      machineSettings: { 'workbench.welcomePage.walkthroughs.openOnInstall': true },
    });
    writeLedger(path.join(editor.server.storage, 'ledger'), 10_000);
    window = await editor.begin('project');
    await window.status.waitFor({ timeout: 60_000 });
    await window.statusShows(/local only|needs a key/);
    mainKey = await window.copied('llmRouter.copyApiKey', /^sk-[\w-]{43}$/);
    await window.clearToasts();
    await window.exec((vscode) => void vscode.commands.executeCommand('llmRouter.copyBaseUrl'));
    await window.toastButton('on this machine only', 'Copy Local URL').click();
    baseUrl = await window.clipboard(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    await window.clearToasts();
  });
  after(() => upstream?.close());
  afterEach(async function () {
    await pictureOfFailure(this.currentTest, editor, window);
  });

  const post = (model, key = mainKey, more = {}, headers = {}) =>
    fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: PROMPT }], ...more }),
    });
  const ask = async (model, key) => {
    const response = await post(model, key);
    return { status: response.status, text: await response.text() };
  };

  describe('the walkthrough', () => {
    const ticked = (step) => window.page.locator(`.complete[data-done-step-id$="#${step}"]`).first();
    const open = (step) => window.page.locator(`[data-done-step-id$="#${step}"]:not(.complete)`).first();

    it('opened by itself after the install; what has happened is ticked', async () => {
      await window.page.getByText('LLM Router: every model in Cursor').first().waitFor({ timeout: 20_000 });
      await ticked('backend').waitFor();
      // Local only: nothing that Cursor could use.
      await open('start').waitFor();
      await open('cursor').waitFor();
      // With room beside the steps their pictures are shown.
      await window.exec((vscode) => vscode.commands.executeCommand('workbench.action.closeSidebar'));
      await editor.shot(window, 'walkthrough');
      await window.page.getByText('Paste URL and key into Cursor').first().click();
      await window.page.locator('.getting-started-step.expanded .monaco-button', { hasText: 'Copy API Key' }).click();
      assert.equal(await window.clipboard(/^sk-/), mainKey);
      await editor.shot(window, 'walkthrough-cursor');
      await window.clearToasts();
    });

    it('ticks the rest when Cursor got its first answer', async () => {
      const response = await post('openai/gpt-5-mini', mainKey, {}, { 'user-agent': 'cursor/3.19.7' });
      assert.equal(response.status, 200, await response.text());
      for (const step of ['cursor', 'model', 'answer']) await ticked(step).waitFor();
      await editor.shot(window, 'walkthrough-done');
    });

    const there = 'walkthrough asks for it in 1.139';
    itOnlyIn('1.99', 'does not come back in another window', there, async () => {
      // An empty one, so that this is seen in the oldest editor as well.
      const next = await editor.openEmpty();
      await next.statusShows(/local only|needs a key/);
      await window.close();
      window = next;
      await window.page.waitForTimeout(1_500);
      assert.equal(await window.page.getByText('LLM Router: every model in Cursor').count(), 0);
      await window.clearToasts();
    });

    it('is opened by a command', async () => {
      await window.command('LLM Router: Open Walkthrough');
      await ticked('answer').waitFor({ timeout: 20_000 });
      await window.closeEditors();
    });
  });

  describe('another tool', () => {
    it('gets its lines with a key of its own, which opens the router', async () => {
      await window.command('LLM Router: Use in Another Tool…');
      await window.choose('Use in Another Tool', 'OpenAI SDKs');
      await window.choose('Use in Another Tool: OpenAI SDKs', 'openai/gpt-5-mini');
      await window.toast('Copied the lines for OpenAI SDKs').waitFor({ timeout: 20_000 });
      const lines = await window.clipboard(/^export OPENAI_BASE_URL=/);
      const [, url, key] = /OPENAI_BASE_URL='(.+)'\nexport OPENAI_API_KEY='(.+)'$/.exec(lines) ?? [];
      assert.equal(url, baseUrl);
      assert.notEqual(key, mainKey);
      assert.equal((await ask('openai/gpt-5-mini', key)).status, 200);
      await editor.shot(window, 'other-tool');
      await window.setting('clientKeys', undefined);
      await window.clearToasts();
    });
  });

  describe('client keys', () => {
    let phone;

    it('makes a key with limits, which is copied and opens the router', async () => {
      await window.command('LLM Router: New Client Key…');
      await window.answer('New Client Key: name', 'phone');
      await window.quickTitle('limits of phone').waitFor();
      await window.pick('Budget a day').click();
      await window.pick('Allowed models').click();
      await window.page.keyboard.press('Enter');
      await window.answer('allowed models of phone', 'openai/*');
      await window.answer('budget a day of phone', '0.05');
      await window.toast('The key phone is made and copied').waitFor({ timeout: 20_000 });
      phone = await window.clipboard(/^sk-[\w-]{43}$/);
      const written = await window.exec(
        (vscode) => vscode.workspace.getConfiguration('llmRouter').inspect('clientKeys').globalValue,
      );
      assert.deepEqual(written, [{ name: 'phone', models: ['openai/*'], budget: { day: 0.05 } }]);
      const answer = await ask('openai/gpt-5-mini', phone);
      assert.equal(answer.status, 402, answer.text);
      assert.match(answer.text, /budget of \$0\.0500 a day/);
      assert.equal((await ask('demo/echo', phone)).status, 403);
      await window.clearToasts();
    });

    it('shows what each key used, and tells when a budget is nearly spent', async () => {
      await window.setting('clientKeys', [
        { name: 'phone', models: ['openai/*'], budget: { day: 1000, warnAt: 0.00001 } },
      ]);
      await until(async () => (await ask('openai/gpt-5-mini', phone)).status === 200, 'the raised budget');
      const warning = 'The key "phone" has spent';
      await window.toastButton(warning, 'Manage Client Keys…').click({ timeout: 20_000 });
      await window.quickTitle('Manage Client Keys').waitFor();
      await window.pick('of $1000.00 today').waitFor();
      await editor.shot(window, 'keys');
      await window.page.keyboard.press('Escape');
      await window.clearToasts();
    });

    it('copies it again, switches it off and on', async () => {
      await window.setClipboard('');
      await manage('phone', 'Copy Key');
      assert.equal(await window.clipboard(/^sk-/), phone);
      await manage('phone', 'Switch Off');
      await window.toast('switched off').waitFor();
      const refused = await ask('openai/gpt-5-mini', phone);
      assert.equal(refused.status, 401);
      assert.match(refused.text, /switched off/);
      await manage('phone', 'Switch On');
      await window.toast('switched on').waitFor();
      assert.equal((await ask('openai/gpt-5-mini', phone)).status, 200);
      await window.clearToasts();
    });

    it('makes a new secret, and revokes the key at once', async () => {
      await manage('phone', 'New Secret');
      await window.modalButton('Make New Secret').click();
      await window.toast('in force and copied').waitFor();
      const fresh = await window.clipboard(/^sk-[\w-]{43}$/);
      assert.notEqual(fresh, phone);
      assert.equal((await ask('openai/gpt-5-mini', phone)).status, 401);
      assert.equal((await ask('openai/gpt-5-mini', fresh)).status, 200);
      await manage('phone', 'Revoke');
      await window.modalButton('Revoke').click();
      await window.toast('The key phone is revoked').waitFor();
      assert.equal((await ask('openai/gpt-5-mini', fresh)).status, 401);
      await window.clearToasts();
    });

    async function manage(name, action) {
      await window.command('LLM Router: Manage Client Keys…');
      await window.choose('Manage Client Keys', name);
      await window.choose(`Manage the key ${name}`, action);
    }
  });

  describe('the view Requests', () => {
    const rows = () => window.page.locator('.pane-body .monaco-list-row');

    it('is live during a stream', async () => {
      await window.page.locator('.activitybar .action-item a[aria-label^="LLM Router"]').click();
      await rows().first().waitFor({ timeout: 20_000 });
      const before = upstream.streams.length;
      const response = await post('openai/gpt-5-mini', mainKey, { stream: true });
      await until(() => upstream.streams.length > before, 'the stream at the provider');
      await window.page.getByText('1 request is running').waitFor({ timeout: 10_000 });
      await editor.shot(window, 'requests-live');
      upstream.streams.at(-1).end();
      await response.text();
      await window.page.getByText('1 request is running').waitFor({ state: 'detached', timeout: 10_000 });
      await rows().filter({ hasText: 'openai/gpt-5-mini' }).filter({ hasText: 'tokens' }).first().waitFor();
      await editor.shot(window, 'requests');
    });

    it('opens the story of a request', async () => {
      await rows().filter({ hasText: 'openai/gpt-5-mini' }).first().click();
      const story = await window.frameWith('Where it went');
      assert.match(await story.locator('body').textContent(), /Key main[\s\S]*Asked for openai\/gpt-5-mini/);
      await editor.shot(window, 'story');
      await window.closeEditors();
    });

    it('copies a request as curl, without its key', async () => {
      const row = rows().filter({ hasText: 'openai/gpt-5-mini' }).first();
      // The closed page took the focus with it.
      await window.page.mouse.click(800, 650);
      await row.hover();
      await row.locator('.action-label[aria-label^="Copy Request as curl"]').click();
      const curl = await window.clipboard(/^curl /);
      assert.ok(curl.includes('$LLM_ROUTER_KEY') && curl.includes(baseUrl) && !curl.includes(mainKey), curl);
      await window.clearToasts();
    });
  });

  describe('usage', () => {
    it('is summed up on a page', async () => {
      await window.command('LLM Router: Show Usage…');
      await window.choose('Show Usage', 'This month');
      await window.choose('Show Usage', 'By key');
      const page = await window.frameWith('Usage by key');
      assert.match(await page.locator('body').textContent(), /phone[\s\S]*main|main[\s\S]*phone/);
      await editor.shot(window, 'usage');
      await window.closeEditors();
    });

    it('is exported as CSV', async () => {
      const file = path.join(editor.server.home, 'usage.csv');
      await window.command('LLM Router: Export Usage as CSV…');
      await window.choose('Export Usage as CSV', 'Today');
      const input = window.page.locator('.quick-input-widget:visible input[type=text]');
      await until(async () => (await input.inputValue()).endsWith('.csv'), 'the dialog for the file');
      await input.fill(file);
      await window.page.keyboard.press('Enter');
      await window.toast('requests written to').waitFor({ timeout: 20_000 });
      const lines = readFileSync(file, 'utf8').trim().split('\r\n');
      assert.match(lines[0], /^time,id,/);
      assert.ok(
        lines.some((line) => line.includes('openai/gpt-5-mini')) && lines.every((line) => !line.includes(PROMPT)),
      );
      await window.clearToasts();
    });
  });

  describe('body logging', () => {
    const file = () => path.join(editor.server.storage, 'bodies.jsonl');

    it('is off until a person confirms, and shown while it is on', async () => {
      assert.ok(!existsSync(file()));
      await window.command('LLM Router: Log Bodies for Debugging');
      await window.modalButton('Log Bodies').click();
      await window.statusShows(/logs bodies/);
      await window.toast('Bodies are logged to').waitFor();
      await editor.shot(window, 'bodies');
      assert.equal((await ask('openai/gpt-5-mini')).status, 200);
      const entries = await until(() => {
        const lines = existsSync(file()) ? readFileSync(file(), 'utf8').trim().split('\n').filter(Boolean) : [];
        return lines.length >= 3 && lines.map((line) => JSON.parse(line));
      }, 'three bodies');
      assert.deepEqual(entries.map((entry) => entry.part).sort(), ['answer', 'request', 'upstreamRequest']);
      assert.ok(entries.find((entry) => entry.part === 'request').text.includes(PROMPT));
      assert.match(entries.find((entry) => entry.part === 'answer').text, /This is gpt-5-mini/);
      await window.clearToasts();
    });

    it('is off again after a command', async () => {
      await window.command('LLM Router: Log Bodies for Debugging');
      await window.toast('no longer logged').waitFor();
      await window.statusShows(/^(?!.*logs bodies)/);
      const size = readFileSync(file()).length;
      await ask('openai/gpt-5-mini');
      assert.equal(readFileSync(file()).length, size);
      await window.clearToasts();
    });

    it('is off again when the router was killed and another one took its place', async () => {
      await window.command('LLM Router: Log Bodies for Debugging');
      await window.modalButton('Log Bodies').click();
      await window.statusShows(/logs bodies/);
      const [old] = routersOf(editor.server);
      process.kill(old, 'SIGKILL');
      await until(() => routersOf(editor.server).some((pid) => pid !== old), 'the next router', 60_000);
      await window.statusShows(/(local only|needs a key)(?!.*logs bodies)/);
      const bodies = () => (existsSync(file()) ? readFileSync(file(), 'utf8') : '');
      const before = bodies();
      assert.equal((await ask('openai/gpt-5-mini')).status, 200);
      // It asks once more, so it takes itself to be off.
      await window.clearToasts();
      await window.command('LLM Router: Log Bodies for Debugging');
      await window.modalButton('Log Bodies').waitFor();
      await window.page.keyboard.press('Escape');
      assert.equal(bodies(), before);
      await window.clearToasts();
    });
  });

  describe('the dashboard', () => {
    const modern = process.env.EDITOR_VERSION !== '1.99';
    const themes = {
      dark: modern ? 'Dark 2026' : 'Default Dark Modern',
      light: modern ? 'Light 2026' : 'Default Light Modern',
      contrast: 'Default High Contrast',
    };
    const complaints = [];
    let page;

    const useTheme = (name) =>
      window.exec(
        (vscode, theme) =>
          vscode.workspace.getConfiguration('workbench').update('colorTheme', theme, vscode.ConfigurationTarget.Global),
        name,
      );

    it('shows 10,000 requests and live ones, and opens the story of one', async () => {
      window.page.on('console', (message) => {
        if (message.type() === 'error' && /webview\.|Content.Security/i.test(message.text() + message.location().url))
          complaints.push(message.text());
      });
      await window.exec((vscode) => vscode.commands.executeCommand('workbench.action.closeSidebar'));
      await window.command('LLM Router: Open Dashboard');
      page = await window.frameWith('Newest requests');
      await page.locator('.chart canvas').nth(2).waitFor();
      const total = async () => Number((await page.locator('.tiles dd').nth(1).textContent()).replace(/\D/g, ''));
      await until(async () => {
        const today = writtenToday(path.join(editor.server.storage, 'ledger'));
        const shown = await page.locator('.tiles dd').allTextContents();
        const cost = today.reduce((sum, { cost = 0 }) => sum + cost, 0);
        return (await total()) === today.length && Math.abs(Number(shown[3].replace(/[^\d.]/g, '')) - cost) < 0.01;
      }, 'the sums of today as the ledger has them');
      const before = await total();
      const response = await post('openai/gpt-5-mini', mainKey, { stream: true });
      await until(async () => (await page.locator('.tiles dd').first().textContent()) === '1', 'the running request');
      upstream.streams.at(-1).end();
      await response.text();
      await until(async () => (await total()) === before + 1, 'the counted request');
      await page.locator('.requests button').first().click();
      await window.frameWith('Where it went');
      await window.exec((vscode) => vscode.commands.executeCommand('workbench.action.closeActiveEditor'));
      page = await window.frameWith('Newest requests');
    });

    for (const [name, theme] of Object.entries(themes)) {
      it(`is readable in ${name}`, async () => {
        await useTheme(theme);
        await until(
          async () => (await page.locator('body').getAttribute('data-vscode-theme-id')) === theme,
          `the theme ${theme}`,
        );
        await window.page.waitForTimeout(300);
        await editor.shot(window, `dashboard-${name}`);
        await seriousFindings(page);
      });
    }

    it('is used with the keyboard: tabs, a request', async () => {
      await page.locator('vscode-tab-header').first().focus();
      await window.page.keyboard.press('ArrowRight');
      await window.page.keyboard.press('Enter');
      await page.getByText('qwen3:8b').first().waitFor();
      await editor.shot(window, 'dashboard-models');
      await page.locator('.requests button').first().focus();
      await window.page.keyboard.press('Enter');
      await window.frameWith('Where it went');
      await window.closeEditors();
    });

    it('fits into a side bar of 300 pixels', async () => {
      await useTheme(themes.dark);
      await window.exec((vscode) => vscode.commands.executeCommand('llmRouter.dashboard.focus'));
      await window.page.locator('.pane-header', { hasText: 'Requests' }).click();
      page = await window.frameWith('For Cursor');
      await until(async () => (await page.evaluate('innerWidth')) <= 320, 'the narrow page');
      const { scroll, width } = await page.evaluate(
        '({ scroll: document.documentElement.scrollWidth, width: document.documentElement.clientWidth })',
      );
      assert.ok(scroll <= width, `${scroll} pixels in ${width}`);
      await window.page.waitForTimeout(300);
      await editor.shot(window, 'dashboard-narrow');
      await seriousFindings(page);
    });

    it('says what to do while the router is stopped', async () => {
      await window.exec((vscode) => vscode.commands.executeCommand('llmRouter.stopRouter'));
      await page.getByText('LLM Router is stopped').waitFor();
      await window.clearToasts();
      await editor.shot(window, 'dashboard-stopped');
      await page.locator('vscode-button', { hasText: 'Start Router' }).click();
      await page.getByText('For Cursor').waitFor({ timeout: 20_000 });
      await window.statusShows(/local only|needs a key/);
      await window.clearToasts();
    });

    it('got no key, and left no complaint in its console', async () => {
      assert.ok(!(await page.content()).includes(mainKey));
      assert.deepEqual(complaints, []);
    });

    async function seriousFindings(frame) {
      await frame.evaluate(axe.source);
      const found =
        await frame.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html + ' ' + failureSummary).join(' | ')))`);
      assert.deepEqual(found, []);
    }
  });

  it('let no request leave the machine', () => {
    assert.deepEqual(window.external, []);
  });
});

/** What the files of the ledger hold of today, read without the product. */
function writtenToday(folder) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  return readdirSync(folder)
    .filter((name) => /^requests-.*\.jsonl$/.test(name))
    .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').split('\n'))
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line))
    .filter(({ time }) => Date.parse(time) >= midnight);
}

/** Requests of the last 14 days, as the router writes them, before any router runs. */
function writeLedger(folder, count) {
  mkdirSync(folder, { recursive: true });
  const models = [
    ['openai', 'gpt-5-mini', 0.004],
    ['anthropic', 'claude-sonnet-4-5', 0.021],
    ['groq', 'llama-3.3-70b-versatile', 0.0007],
    ['ollama', 'qwen3:8b', 0],
  ];
  const span = 13.5 * 86_400_000;
  const months = new Map();
  for (let n = 0; n < count; n++) {
    const time = new Date(Date.now() - span + (span * n) / count).toISOString();
    const [backend, upstreamModel, price] = models[(n * 7 + ((n / 50) | 0)) % models.length];
    const failed = n % 61 === 0;
    const wave = 1 + Math.sin(n / 7) / 2 + Math.cos(n / 1_100) / 3;
    const usage = {
      input: Math.round(9_000 * wave),
      output: Math.round(420 * wave),
      cacheRead: Math.round(6_000 * wave),
    };
    const record = {
      ...{
        id: `req_${n.toString(16).padStart(16, '0')}`,
        time,
        route: 'chat/completions',
        client: 'other',
      },
      ...{ clientKey: n % 9 === 0 ? 'laptop' : 'main', host: 'four-words.trycloudflare.com' },
      ...{ askedModel: `${backend}/${upstreamModel}`, backend, upstreamModel, via: 'prefix', rules: [], stream: true },
      ...{
        status: failed ? 502 : 200,
        attempts: [{ backend, model: upstreamModel, at: 1, ms: 2_000, outcome: failed ? 'failed' : 'ok' }],
      },
      ...(failed
        ? { error: `The answer of ${backend} broke off.`, errorKind: 'network' }
        : {
            usage,
            cost: price * wave,
            finish: n % 3 === 0 ? 'toolCalls' : 'stop',
            firstMs: Math.round(600 * wave + (n % 13) * 40),
          }),
      ...{ ms: Math.round(4_000 * wave), bytesIn: 40_000, bytesOut: 9_000 },
    };
    const month = time.slice(0, 7);
    months.set(month, `${months.get(month) ?? ''}${JSON.stringify(record)}\n`);
  }
  for (const [month, lines] of months) appendFileSync(path.join(folder, `requests-${month}.jsonl`), lines);
}
