/** Add Backend…: preset or URL → name → key → one real request → user settings and secret storage. */

import { ProgressLocation, window } from 'vscode';
import { defaultOf, keepDefault } from '../../routing/implicitDefault';
import type { TestResult } from '../../upstream/testBackend';
import { inForce, tell } from '../actions';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayWarning } from '../say';
import { backendName, type WrittenBackend, writeSetting, writtenBackends } from '../settings';
import { here, reasonOf, t } from '../words';
import { type Address, askUrl, collectBackend, typedAddress } from './backendSteps';
import { askKey } from './keys';

export function addBackendCommands(editor: Editor): Pick<Handlers, 'addBackend'> {
  return {
    async addBackend() {
      const draft = await collectBackend(editor);
      if (!draft) return;
      const { name, key } = draft;
      const tested = await testUntilContent(editor, { ...draft, key: key.text });
      if (!tested) return;
      if (tested.key) await editor.keys.set(name, tested.key);
      const entry = entryOf(name, tested.address, key.env);
      const before = writtenBackends();
      await writeSetting('backends', keepDefault(before, [...before, entry]));
      if (await inForce(editor)) await sayAdded(editor, name, tested.result);
    },
  };
}

function entryOf(name: string, { preset, baseUrl, keyEnv }: Address, chosen?: string): WrittenBackend {
  const env = chosen ?? keyEnv;
  return { name, ...(preset && { preset }), ...(baseUrl && { baseUrl }), ...(env && { apiKeyEnv: env }) };
}

/** What may be changed after a failed test; the likeliest cause comes first. */
const CHANGES = { address: 'Change URL', key: 'Change Key', model: 'Name a Model' } as const;

/** One small real request; when it fails a person may change what is wrong, add it anyway or leave. */
async function testUntilContent(
  editor: Editor,
  first: { name: string; address: Address; key?: string | undefined },
): Promise<{ address: Address; key?: string; result?: TestResult } | undefined> {
  const { name } = first;
  let { address, key } = first;
  let model: string | undefined;
  for (;;) {
    const result = await testBackend(editor, entryOf(name, address), { key, model });
    if (result.ok) return { address, ...(key && { key }), result };
    const detail = t`Nothing is stored yet.`;
    const likeliest = CHANGES[result.fault ?? 'address'];
    const others = Object.values(CHANGES).filter((change) => change !== likeliest);
    const chosen = await sayWarning(
      t`${name} does not work yet: ${result.message}`,
      { modal: true, detail },
      likeliest,
      ...others,
      'Add Anyway',
    );
    switch (chosen) {
      case 'Add Anyway':
        return { address, ...(key && { key }) };
      case CHANGES.address: {
        const url = await askUrl(address.preset, undefined, address.baseUrl);
        if (typeof url === 'string') address = typedAddress(url, address.preset);
        break;
      }
      case CHANGES.key:
        key = (await askKey(t`Add Backend: key of ${name}`)) || key;
        break;
      case CHANGES.model:
        model = await askModel(name, model);
        break;
      default:
        return undefined;
    }
  }
}

async function askModel(name: string, before: string | undefined): Promise<string | undefined> {
  const prompt = t`A model that this server has; the test asks it one short question.`;
  const model = await window.showInputBox({
    title: t`Add Backend: a model of ${name}`,
    prompt,
    value: before ?? '',
    ignoreFocusOut: true,
  });
  return model?.trim() || before;
}

/** Progress that shows itself only when there is something to wait for, milliseconds. */
const SLOW = 500;

/** Sends one small real request. A router that cannot be reached is a failed test, too. */
export async function testBackend(
  editor: Editor,
  backend: WrittenBackend,
  { key, model }: { key?: string | undefined; model?: string | undefined },
): Promise<TestResult> {
  const test = editor.router
    .testBackend({ backend, ...(key ? { key } : {}), ...(model ? { model } : {}) })
    .then(here)
    .catch((error: unknown): TestResult => ({ ok: false, message: reasonOf(error), models: [], ms: 0 }));
  const title = t`Testing ${backendName(backend)} with one small request…`;
  const timer = setTimeout(
    () => void window.withProgress({ location: ProgressLocation.Notification, title }, () => test),
    SLOW,
  );
  try {
    return await test;
  } finally {
    clearTimeout(timer);
  }
}

/** Whoever adds a second backend may expect bare names to go there. */
function otherDefault(name: string): string {
  const present = defaultOf(writtenBackends());
  if (!present || backendName(present) === name) return '';
  return ` ${t`Names without a prefix still go to ${backendName(present)}; Manage Backends… changes that.`}`;
}

async function sayAdded(editor: Editor, name: string, result: TestResult | undefined): Promise<void> {
  const models = result && result.models.length > 0 ? ` ${t`${result.models.length} models.`}` : '';
  const text = result ? t`${name} is added and works.${models}` : t`${name} is added.`;
  void tell(editor, {
    severity: 'info',
    text: text + otherDefault(name),
    actions: ['Copy Model Name…', 'Copy Base URL'],
  });
}
