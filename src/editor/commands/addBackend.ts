/** Add Backend…: preset or URL → name → key → one real request → user settings and secret storage. */

import { ProgressLocation, type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode';
import { defaultOf, keepDefault } from '../../routing/implicitDefault';
import { PRESET_CARDS } from '../../routing/presetCards';
import { presetForHost } from '../../routing/presetForHost';
import type { PresetName } from '../../routing/presets';
import { knownProviders } from '../../routing/providerTable';
import type { FoundBackend } from '../../upstream/discover';
import type { TestResult } from '../../upstream/testBackend';
import { tell } from '../actions';
import { blankOf, hostName, type ProviderItem, providerItems, urlProblem } from '../backendInput';
import type { Editor } from '../controller';
import type { Handlers } from '../ids';
import { sayWarning } from '../say';
import { backendName, type WrittenBackend, writeSetting, writtenBackends } from '../settings';
import { t } from '../words';
import { askKey } from './keys';

const presetNames = Object.keys(PRESET_CARDS) as PresetName[];

export function addBackendCommands(editor: Editor): Pick<Handlers, 'addBackend'> {
  return {
    async addBackend() {
      const source = await pickSource(editor);
      const address = source && (await askAddress(source));
      if (!address) return;
      const name = await askName(address.name ?? address.preset ?? hostName(address.baseUrl));
      if (!name) return;
      const key = await askKeyFor(address, name);
      if (!key) return;
      const entry: WrittenBackend = { name };
      if (address.preset) entry.preset = address.preset;
      if (address.baseUrl) entry.baseUrl = address.baseUrl;
      const env = key.env ?? address.keyEnv;
      if (env) entry.apiKeyEnv = env;
      const tested = await testUntilContent(editor, entry, key.text);
      if (!tested) return;
      if (tested.key) await editor.keys.set(name, tested.key);
      const before = writtenBackends();
      await writeSetting('backends', keepDefault(before, [...before, entry]));
      await editor.push();
      await sayAdded(editor, name, tested.result);
    },
  };
}

interface Source extends QuickPickItem {
  preset?: PresetName;
  /** Where discovery found it. */
  found?: FoundBackend;
  /** A provider that is an address and a key (routing/providerTable.ts). */
  filled?: ProviderItem['filled'];
}

async function pickSource(editor: Editor): Promise<Source | undefined> {
  const presets = presetNames
    .filter((preset) => preset !== 'demo')
    .map(
      (preset): Source => ({
        label: PRESET_CARDS[preset].title,
        description: PRESET_CARDS[preset].local ? t`on this machine` : '',
        preset,
      }),
    );
  const all: Source[] = [
    { label: t`Other…`, description: t`any OpenAI-compatible URL`, iconPath: new ThemeIcon('link') },
    ...presets,
    { label: t`more providers`, kind: QuickPickItemKind.Separator },
    ...providerItems(knownProviders()),
  ];
  const picker = window.createQuickPick<Source>();
  picker.title = 'Add Backend';
  picker.placeholder = 'Where do the models come from?';
  picker.items = all;
  picker.busy = true;
  picker.matchOnDescription = true;
  // Looking for what is already here takes a moment and must not keep anybody waiting.
  const search = editor.router.discover().then(
    (found) => {
      if (found.length > 0)
        picker.items = [
          { label: t`found here`, kind: QuickPickItemKind.Separator },
          ...found.map(foundItem),
          { label: 'all', kind: QuickPickItemKind.Separator },
          ...all,
        ];
    },
    (error: Error) => editor.log.debug(`Nothing was discovered: ${error.message}`),
  );
  void search.finally(() => (picker.busy = false));
  try {
    return await new Promise((resolve) => {
      picker.onDidAccept(() => resolve(picker.selectedItems[0]));
      picker.onDidHide(() => resolve(undefined));
      picker.show();
    });
  } finally {
    picker.dispose();
  }
}

function foundItem(found: FoundBackend): Source {
  const preset = presetNames.find((name) => name === found.preset);
  const item: Source = {
    label: preset ? PRESET_CARDS[preset].title : found.name,
    description: found.where,
    iconPath: new ThemeIcon('search'),
    found,
  };
  if (preset) item.preset = preset;
  return item;
}

interface Address {
  preset?: PresetName;
  baseUrl?: string;
  foundEnv?: string;
  /** The provider's own name and the usual variable of its key. */
  name?: string;
  keyEnv?: string;
  needsKey: boolean;
}

/** Asks for a URL where the source has none of its own. */
async function askAddress(source: Source): Promise<Address | undefined> {
  if (source.filled) return { ...source.filled, needsKey: source.filled.keyEnv !== undefined };
  const preset = source.preset && PRESET_CARDS[source.preset];
  if (
    source.preset &&
    preset &&
    (source.found || !(preset.fill || source.preset === 'litellm' || source.preset === 'vllm'))
  ) {
    const address: Address = { preset: source.preset, needsKey: preset.needsKey };
    if (source.found?.apiKeyEnv) address.foundEnv = source.found.apiKeyEnv;
    return address;
  }
  const url = await window.showInputBox({
    title: t`Add Backend: ${preset?.title ?? 'URL'}`,
    prompt: preset?.fill ?? t`Base URL of the server. Without a path it gets /v1.`,
    value: preset?.baseUrl ?? '',
    valueSelection: blankOf(preset?.baseUrl ?? ''),
    placeHolder: 'https://api.example.com/v1',
    ignoreFocusOut: true,
    validateInput: urlProblem,
  });
  if (!url) return undefined;
  const baseUrl = url.trim().replace(/\/+$/, '');
  const name = source.preset ?? presetForHost(baseUrl);
  if (!name) return { baseUrl, needsKey: false };
  return PRESET_CARDS[name].baseUrl === baseUrl
    ? { preset: name, needsKey: PRESET_CARDS[name].needsKey }
    : { preset: name, baseUrl, needsKey: PRESET_CARDS[name].needsKey };
}

async function askName(proposal: string): Promise<string | undefined> {
  const taken = new Set(writtenBackends().map(backendName));
  let value = proposal;
  for (let n = 2; taken.has(value); n++) value = `${proposal}-${n}`;
  const name = await window.showInputBox({
    title: t`Add Backend: name`,
    prompt: t`Short name; its models are called name/model.`,
    value,
    ignoreFocusOut: true,
    validateInput: (text) => {
      if (!/^[^\s/]+$/.test(text.trim())) return 'A name without spaces and slashes.';
      return taken.has(text.trim()) ? `There is a backend ${text.trim()} already.` : undefined;
    },
  });
  return name?.trim();
}

/** The key as text, or the environment variable that holds it; undefined: cancelled. */
async function askKeyFor(address: Address, name: string): Promise<{ text?: string; env?: string } | undefined> {
  const preset = address.preset && PRESET_CARDS[address.preset];
  if (address.foundEnv) {
    const useEnv: QuickPickItem = {
      label: t`Use the environment variable ${address.foundEnv}`,
      description: t`nothing is stored`,
    };
    const enter: QuickPickItem = { label: t`Enter a key`, description: t`stored in the secret storage of the editor` };
    const picked = await window.showQuickPick([useEnv, enter], {
      title: t`Add Backend: key of ${name}`,
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    if (picked === useEnv) return { env: address.foundEnv };
  } else if (preset?.local && !address.baseUrl) return {};
  const page = preset?.keyUrl ? ` Get one at ${preset.keyUrl}.` : '';
  const empty = address.keyEnv
    ? ` ${t`Empty: the environment variable ${address.keyEnv}.`}`
    : address.needsKey
      ? ''
      : ' Empty: no key.';
  const text = await askKey(
    `Add Backend: key of ${name}`,
    `Stored in the secret storage of the editor, never in settings.${page}${empty}`,
  );
  if (text === undefined) return undefined;
  return text ? { text } : {};
}

/** One small real request; when it fails a person may change the key, name a model, add it anyway or leave. */
async function testUntilContent(
  editor: Editor,
  backend: WrittenBackend,
  first: string | undefined,
): Promise<{ key?: string; result?: TestResult } | undefined> {
  const name = backendName(backend);
  let key = first;
  let model: string | undefined;
  for (;;) {
    const result = await testBackend(editor, backend, { key, model });
    if (result.ok) return key ? { key, result } : { result };
    const detail = t`Nothing is stored yet.`;
    const chosen = await sayWarning(
      t`${name} does not work yet: ${result.message}`,
      { modal: true, detail },
      'Change Key',
      'Name a Model',
      'Add Anyway',
    );
    if (chosen === 'Add Anyway') return key ? { key } : {};
    if (chosen === 'Change Key') key = (await askKey(`Add Backend: key of ${name}`)) || key;
    else if (chosen === 'Name a Model') model = await askModel(name, model);
    else return undefined;
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
    .catch((error: Error) => ({ ok: false, message: error.message, models: [], ms: 0 }));
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
  return ` Names without a prefix still go to ${backendName(present)}; Manage Backends… changes that.`;
}

async function sayAdded(editor: Editor, name: string, result: TestResult | undefined): Promise<void> {
  const models = result && result.models.length > 0 ? ` ${result.models.length} models.` : '';
  const text = result ? t`${name} is added and works.${models}` : t`${name} is added.`;
  void tell(editor, {
    severity: 'info',
    text: text + otherDefault(name),
    actions: ['Copy Model Name…', 'Copy Base URL'],
  });
}
