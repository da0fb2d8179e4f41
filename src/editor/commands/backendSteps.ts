/** The steps of Add Backend…: source, address, name and key, each with its place in the row and a way back. */
import { type QuickPickItem, QuickPickItemKind, ThemeIcon, window } from 'vscode';
import { PRESET_CARDS } from '../../routing/presetCards';
import { presetForHost } from '../../routing/presetForHost';
import type { PresetName } from '../../routing/presets';
import { knownProviders } from '../../routing/providerTable';
import type { FoundBackend } from '../../upstream/discover';
import { blankOf, hostName, type ProviderItem, providerItems, urlProblem } from '../backendInput';
import type { Editor } from '../controller';
import { askStep, BACK, type StepInput } from '../multiStep';
import { backendName, writtenBackends } from '../settings';
import { t } from '../words';
import { keyProblem } from './keys';

const presetNames = Object.keys(PRESET_CARDS) as PresetName[];

export interface Draft {
  name: string;
  address: Address;
  /** Typed, or the environment variable that holds it. */
  key: { text?: string; env?: string };
}

/** Source, address, name and key, each with a way back to the one before. */
export async function collectBackend(editor: Editor): Promise<Draft | undefined> {
  for (;;) {
    const source = await pickSource(editor);
    if (!source) return undefined;
    const draft = await collectFrom(source);
    if (draft !== BACK) return draft;
  }
}

async function collectFrom(source: Source): Promise<Draft | typeof BACK | undefined> {
  let address = addressOf(source);
  let name = '';
  let key: Draft['key'] = {};
  const asked = [
    ...(address ? [] : ['address' as const]),
    'name' as const,
    ...(address && !needsAsking(address) ? [] : ['key' as const]),
  ];
  for (let at = 0; at < asked.length; ) {
    const step = { at: at + 2, of: asked.length + 1 };
    let went: unknown;
    switch (asked[at]!) {
      case 'address': {
        const url = await askUrl(source.preset, step, address?.baseUrl);
        if (url !== undefined && url !== BACK) address = typedAddress(url, source.preset);
        went = url;
        break;
      }
      case 'name': {
        const text = await askName(name || proposedName(address!), step);
        if (text !== undefined && text !== BACK) name = text;
        went = text;
        break;
      }
      case 'key': {
        const given = await askKeyFor(address!, name, step);
        if (given !== undefined && given !== BACK) key = given;
        went = given;
        break;
      }
    }
    if (went === undefined) return undefined;
    at += went === BACK ? -1 : 1;
    if (at < 0) return BACK;
  }
  return { name, address: address!, key };
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
  picker.title = t`Add Backend`;
  picker.placeholder = t`Where do the models come from?`;
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
    description: found.needsKey ? `${found.where} · ${t`needs a key`}` : found.where,
    iconPath: new ThemeIcon('search'),
    found,
  };
  if (preset) item.preset = preset;
  return item;
}

export interface Address {
  preset?: PresetName;
  baseUrl?: string;
  foundEnv?: string;
  /** The provider's own name and the usual variable of its key. */
  name?: string;
  keyEnv?: string;
  needsKey: boolean;
}

/** Of a source that needs no URL to be typed. */
function addressOf({ preset: name, found, filled }: Source): Address | undefined {
  if (filled) return { ...filled, needsKey: filled.keyEnv !== undefined };
  const preset = name && PRESET_CARDS[name];
  if (!preset || (!found && (preset.fill || name === 'litellm' || name === 'vllm'))) return undefined;
  const needsKey = preset.needsKey || found?.needsKey === true;
  return { preset: name, needsKey, ...(found?.apiKeyEnv && { foundEnv: found.apiKeyEnv }) };
}

export function askUrl(name: PresetName | undefined, step?: StepInput['step'], before?: string) {
  const preset = name && PRESET_CARDS[name];
  const value = before ?? preset?.baseUrl ?? '';
  return askStep({
    title: t`Add Backend: ${preset?.title ?? 'URL'}`,
    prompt: preset?.fill ?? t`Base URL of the server. Without a path it gets /v1.`,
    value,
    valueSelection: blankOf(value),
    placeholder: 'https://api.example.com/v1',
    problem: urlProblem,
    ...(step && { step }),
  });
}

export function typedAddress(url: string, preset: PresetName | undefined): Address {
  const baseUrl = url.trim().replace(/\/+$/, '');
  const name = preset ?? presetForHost(baseUrl);
  if (!name) return { baseUrl, needsKey: false };
  const { needsKey } = PRESET_CARDS[name];
  return PRESET_CARDS[name].baseUrl === baseUrl ? { preset: name, needsKey } : { preset: name, baseUrl, needsKey };
}

/** A server of one's own at its usual address has no key, unless it says so. */
function needsAsking({ preset, baseUrl, foundEnv, needsKey }: Address): boolean {
  return needsKey || foundEnv !== undefined || baseUrl !== undefined || !(preset && PRESET_CARDS[preset].local);
}

const proposedName = ({ name, preset, baseUrl }: Address): string => name ?? preset ?? hostName(baseUrl);

async function askName(proposal: string, step: StepInput['step']): Promise<string | typeof BACK | undefined> {
  const taken = new Set(writtenBackends().map(backendName));
  let value = proposal;
  for (let n = 2; taken.has(value); n++) value = `${proposal}-${n}`;
  const name = await askStep({
    title: t`Add Backend: name`,
    prompt: t`Short name; its models are called name/model.`,
    value,
    problem: (text) => {
      if (!/^[^\s/]+$/.test(text.trim())) return t`A name without spaces and slashes.`;
      return taken.has(text.trim()) ? t`There is a backend ${text.trim()} already.` : undefined;
    },
    ...(step && { step }),
  });
  return typeof name === 'string' ? name.trim() : name;
}

/** The key as text, or the environment variable that holds it. */
async function askKeyFor(
  address: Address,
  name: string,
  step: StepInput['step'],
): Promise<Draft['key'] | typeof BACK | undefined> {
  const preset = address.preset && PRESET_CARDS[address.preset];
  if (!needsAsking(address)) return {};
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
  }
  const page = preset?.keyUrl ? ` ${t`Get one at ${preset.keyUrl}.`}` : '';
  const none = address.needsKey ? '' : ` ${t`Empty: no key.`}`;
  const empty = address.keyEnv ? ` ${t`Empty: the environment variable ${address.keyEnv}.`}` : none;
  const text = await askStep({
    title: t`Add Backend: key of ${name}`,
    prompt: `${t`Stored in the secret storage of the editor, never in settings.`}${page}${empty}`,
    password: true,
    problem: keyProblem,
    ...(step && { step }),
  });
  if (typeof text !== 'string') return text;
  return text.trim() ? { text: text.trim() } : {};
}
