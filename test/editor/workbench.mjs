// One editor window in headless Chromium, driven as a person would: palette, quick picks, toasts, status bar, clipboard.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { isAlive, until } from './server.mjs';
import { ensureChromium } from './setup.mjs';

const DISABLED = [
  // A page changed by page.route() counts as public: its WebSocket to 127.0.0.1 would be blocked.
  ...['LocalNetworkAccessChecks', 'LocalNetworkAccessChecksWebSockets'],
  // Pages that the browser loads behind its address bar, which nobody sees.
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'],
];

export const launchBrowser = () =>
  chromium.launch({
    executablePath: ensureChromium(),
    headless: true,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      // Several windows at once.
      ...[
        '--disable-background-timer-throttling',
        '--disable-renderer-backgrounding',
        '--disable-backgrounding-occluded-windows',
      ],
      `--disable-features=${DISABLED.join(',')}`,
    ],
  });

/** Pages of one context share secrets and globalState (browser storage); pages of two contexts do not. */
export const newContext = (browser) =>
  browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'] });

/**
 * A quick input that opens under the resting mouse shows its hover, which covers its own buttons: the mouse goes away,
 * as a person's would. Hovers with links are the status bar's, which tests read.
 */
function keepQuickInputFree(page) {
  const hover = page.locator(
    'body:has(.quick-input-widget:not([style*="display: none"])) .workbench-hover-container:not(:has(a))',
  );
  return page.addLocatorHandler(hover.first(), () => page.mouse.move(640, 700));
}

/** Opens a window on `folder`, or an empty one. `development`: { extensions, testsPath } for mocha inside the host. */
export async function openWindow(context, server, { folder = '', development } = {}) {
  const page = await context.newPage();
  /** Requests that left the machine: there must be none. */
  const external = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$/.test(url.protocol) && url.hostname !== '127.0.0.1') external.push(request.url());
  });
  page.on('dialog', (dialog) => dialog.accept().catch(() => {}));
  await keepQuickInputFree(page);
  if (development) await injectDevelopmentOptions(page, server, development);
  await page.goto(`${server.url}/?${folder ? `folder=${encodeURIComponent(folder)}` : 'ew=true'}`, {
    waitUntil: 'commit',
  });
  await page.waitForSelector('.monaco-workbench .part.statusbar', { timeout: 120_000 });
  return new Window(page, server, folder, external);
}

class Window {
  constructor(page, server, folder, external) {
    Object.assign(this, { page, server, folder, external });
  }

  get status() {
    return this.page.locator('.statusbar-item[id="llm-router.llm-router.llmRouter.status"]');
  }
  /** Waits until the status bar item shows a text. */
  async statusShows(pattern, ms = 60_000) {
    return await until(
      async () => {
        const text = await this.status.textContent({ timeout: ms });
        return pattern.test(text ?? '') && text;
      },
      `status bar ${pattern}; it shows ${await this.status.textContent({ timeout: ms }).catch(() => 'nothing')}`,
      ms,
    );
  }

  /** Runs a command by its title as the palette shows it, such as `LLM Router: Start Router`. */
  async command(title) {
    const input = this.page.locator('.quick-input-widget:visible .quick-input-box input');
    for (let attempt = 0; ; attempt++) {
      await this.page.keyboard.press('F1');
      try {
        // What opens may close again at once.
        await input.fill(`>${title}`, { timeout: 3_000 });
        break;
      } catch (error) {
        // F1 is lost while the focus is being restored.
        if (attempt >= 8) throw error;
      }
    }
    await this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: title })
      .first()
      .click({ timeout: 20_000 });
  }
  input({ password = false } = {}) {
    return this.page.locator(`.quick-input-widget:visible input${password ? '[type=password]' : '[type=text]'}`);
  }
  /** Title line of the open quick pick or input box. */
  quickTitle(text) {
    return this.page.locator('.quick-input-widget:visible .quick-input-title', { hasText: text });
  }
  async answer(title, text, options) {
    await this.quickTitle(title).waitFor({ timeout: 30_000 });
    await this.input(options).fill(text);
    await this.page.keyboard.press('Enter');
  }
  pick(text) {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  }
  async choose(title, text) {
    await this.quickTitle(title).waitFor({ timeout: 30_000 });
    await this.pick(text).click({ timeout: 30_000 });
  }
  toast(text) {
    return this.page.locator('.notifications-toasts .notification-list-item').filter({ hasText: text });
  }
  toastButton(text, button) {
    return this.toast(text).locator('.monaco-button', { hasText: button });
  }
  /** Clicks the status bar item until the message is there: the editor swallows a fourth message within 800 ms. */
  async clickStatusFor(text) {
    for (let attempt = 0; ; attempt++) {
      await this.status.locator('a').first().click();
      try {
        return await this.toast(text).first().waitFor({ timeout: 3_000 });
      } catch (error) {
        if (attempt >= 5) throw error;
      }
    }
  }
  modalButton(button) {
    return this.page.locator('.monaco-dialog-box .monaco-button', { hasText: button });
  }
  async closeEditors() {
    await this.exec((vscode) => vscode.commands.executeCommand('workbench.action.closeAllEditors'));
  }
  /** Closes all messages, also those that come up meanwhile. */
  async clearToasts() {
    const toast = this.page.locator('.notifications-toasts .notification-list-item').first();
    await until(async () => {
      await this.exec((vscode) => vscode.commands.executeCommand('notifications.clearAll'));
      await this.page.waitForTimeout(50);
      return !(await toast.isVisible());
    }, 'the end of the messages');
  }
  /** The clipboard when it matches; the window must be in front. */
  async clipboard(pattern, ms = 10_000) {
    return await until(
      async () => {
        const text = await this.page.evaluate(() => navigator.clipboard.readText());
        return pattern.test(text) && text;
      },
      `clipboard ${pattern}`,
      ms,
    );
  }
  /** Runs a command until the clipboard matches: a page that is not in front yet may not write to it. */
  async copied(command, pattern) {
    for (let attempt = 0; ; attempt++) {
      await this.page.bringToFront();
      await this.exec((vscode, id) => void vscode.commands.executeCommand(id), command);
      try {
        return await this.clipboard(pattern, 4_000);
      } catch (error) {
        if (attempt >= 5) throw error;
      }
    }
  }
  /** The page of a webview (Markdown preview, dashboard) that shows a text. */
  async frameWith(text) {
    return await until(async () => {
      for (const frame of this.page.frames()) {
        if (frame === this.page.mainFrame()) continue;
        const shown = frame.getByText(text).first().isVisible();
        if (await shown.catch(() => false)) return frame;
      }
      return undefined;
    }, `a page with ${text}`);
  }
  async setClipboard(text) {
    await this.page.evaluate((value) => navigator.clipboard.writeText(value), text);
  }
  shot(file, clip) {
    return this.page.screenshot(clip ? { path: file, clip } : { path: file });
  }

  /** Process id and port of this window's extension host. */
  async host() {
    return await until(
      () => {
        for (const file of readdirSync(this.server.bridge).filter((name) => name.endsWith('.json'))) {
          const host = JSON.parse(readFileSync(path.join(this.server.bridge, file), 'utf8'));
          if (host.folder === this.folder && isAlive(host.pid)) return host;
        }
        return undefined;
      },
      `an extension host of ${this.folder || 'the empty window'}`,
      60_000,
    );
  }
  /** Runs `work(vscode, ...args)` in this window's extension host. */
  async exec(work, ...args) {
    const { port } = await this.host();
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: JSON.stringify({ source: String(work), args }),
    });
    const answer = await response.json();
    if (!answer.ok) throw new Error(answer.error);
    return answer.value;
  }
  /** Changes a setting in the user's own settings, as the settings page does. */
  async setting(key, value) {
    // On the way to the host "not set" becomes null.
    const write = (vscode, name, to) =>
      vscode.workspace.getConfiguration('llmRouter').update(name, to ?? undefined, vscode.ConfigurationTarget.Global);
    await this.exec(write, key, value);
  }
  /** Graceful: the extension host runs deactivate() and exits. */
  close() {
    return this.page.close();
  }
  /** Not graceful: the host lives on for the grace time. */
  async crash() {
    const session = await this.page.context().newCDPSession(this.page);
    session.send('Page.crash').catch(() => {});
    await sleep(100);
  }
}

/** Development mode: the workbench takes extensions and tests from its configuration, which stands in the page. */
async function injectDevelopmentOptions(page, server, development) {
  const authority = new URL(server.url).host;
  const uri = (folder) => ({ scheme: 'vscode-remote', authority, path: path.resolve(folder) });
  const options = { extensions: development.extensions.map(uri), extensionTestsPath: uri(development.testsPath) };
  await page.route(
    (url) => url.origin === server.url && url.pathname === '/',
    async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(
        /(id="vscode-workbench-web-configuration" data-settings=")([^"]*)"/,
        (_, start, json) => {
          const configuration = JSON.parse(json.replace(/&quot;/g, '"').replace(/&amp;/g, '&'));
          configuration.developmentOptions = { ...configuration.developmentOptions, ...options };
          return `${start}${JSON.stringify(configuration).replace(/&/g, '&amp;').replace(/"/g, '&quot;')}"`;
        },
      );
      await route.fulfill({ response, body });
    },
  );
}
