import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript-api';
import { say as config } from '../../src/config/sentences';
import { say as cursor } from '../../src/cursor/sentences';
import { say as cursorApp } from '../../src/cursorApp/sentences';
import { say as doctor } from '../../src/doctor/sentences';
import { say as editor } from '../../src/editor/sentences';
import { say as ledger } from '../../src/ledger/sentences';
import { say as network } from '../../src/network/sentences';
import { say as processRoom } from '../../src/process/sentences';
import { say as router } from '../../src/router/sentences';
import { clock, type Said } from '../../src/said';
import { say as server } from '../../src/server/sentences';
import { say as settings } from '../../src/settings/sentences';
import { say as trouble } from '../../src/troubles/sentences';
import { CARDS } from '../../src/tunnel/cards';
import { say as tunnel } from '../../src/tunnel/sentences';
import { say as upstream } from '../../src/upstream/sentences';
import { say as wires } from '../../src/wires/sentences';

/** Every t`…` of the extension and of its page as the dictionaries in l10n/ name it: "Copied {0}." */
export function editorTexts(): string[] {
  const files = [path.join('src', 'extension.ts'), ...['src/editor', 'src/webview', 'src/chat'].flatMap(filesIn)];
  return [...new Set(files.flatMap(textsIn))];
}

/** The rooms whose sentences the editor can say in its language, each with its catalogue. */
const ROOMS = {
  config,
  cursor,
  cursorApp,
  doctor,
  editor,
  ledger,
  network,
  process: processRoom,
  router,
  server,
  settings,
  trouble,
  tunnel,
  upstream,
  wires,
};

/** The rooms as the files of the house name them. */
export function roomsOfTheHouse(): string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(^|[/\\])sentences\.ts$/.test(file),
  );
  return files
    .map((file) => /catalogue\('(\w+)'/.exec(readFileSync(path.join('src', file), 'utf8'))?.[1] ?? file)
    .sort();
}
export const roomNames = (): string[] => Object.keys(ROOMS).sort();

/** Every sentence by its code, with places for its values: "Port {0} is taken …". */
export function roomSentences(): Map<string, string> {
  return new Map(
    Object.entries(ROOMS).flatMap(([room, say]) =>
      Object.entries<Sentence>(say).map(([name, sentence]) => [`${room}.${name}`, withPlaces(sentence)]),
    ),
  );
}

type Sentence = Said | ((...values: never[]) => Said);

function withPlaces(sentence: Sentence): string {
  if (typeof sentence !== 'function') return sentence.text;
  // More than any sentence has.
  const places = Array.from({ length: 9 }, (_, index) => placeFor(index));
  const text = String(sentence(...(places as never[])).text);
  return places.reduce((all, { time, text: place }) => all.replaceAll(clock(time), place.replace('}', ':time}')), text);
}

/** Whatever a sentence does with a value, its place is found again: told as a text, a list, another sentence or a time. */
function placeFor(index: number) {
  const text = `{${index}}`;
  const time = new Date(2001, 0, 1, 3, 41 + index).getTime();
  return {
    ...{ text, time },
    length: 1,
    join: () => text,
    map: () => ({ join: () => text }),
    [Symbol.toPrimitive]: (hint: string) => (hint === 'string' ? text : time),
  };
}

function filesIn(room: string): string[] {
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /\.tsx?$/.test(file)).map((file) => path.join(room, file));
}

/** What the cards of tunnels say, shown by the English of it; names of programs are no words. */
export function cardTexts(): string[] {
  return Object.values(CARDS)
    .flatMap(({ title, description, detail, asks, secret }) => [title, description, detail, asks?.title, secret?.title])
    .filter((text): text is string => text !== undefined && /[a-z]{2,} [a-z]{2}/i.test(text));
}

/** What is no sentence for a person: names of products, what other programs and models read. */
const NO_WORDS = /^(LLM Router|VS Code)$|<!DOCTYPE|^`router\.js|^\/Usage by|^\[A file of type/;
/** Files whose texts are pasted into other programs. */
const PASTED = path.join('src', 'editor', 'otherTools.ts');

/** Words of the extension and its page that go round the dictionaries, each with its file; what only the log says may. */
export function wordsOutside(dictionary: Readonly<Record<string, string>>): string[] {
  const files = ['src/editor', 'src/webview', 'src/chat'].flatMap(filesIn);
  return files
    .filter((file) => file !== PASTED && path.basename(file) !== 'sentences.ts')
    .flatMap((file) =>
      plainTextsIn(file)
        .filter((text) => /[a-z]{2,} [a-z]{2}|[a-z]…$/i.test(text) && !NO_WORDS.test(text) && !dictionary[text])
        .map((text) => `${file}: ${text}`),
    );
}

function plainTextsIn(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === 't') {
      if (ts.isTemplateExpression(node.template))
        for (const span of node.template.templateSpans) visit(span.expression);
      return;
    }
    const silent =
      ts.isImportDeclaration(node) ||
      ts.isTypeNode(node) ||
      (ts.isJsxAttribute(node) && node.name.getText() === 'class') ||
      (ts.isCallExpression(node) && /(^|\.)(log|sayOnce)(\.\w+|\[\w+\])?$/.test(node.expression.getText()));
    if (silent) return;
    if (ts.isStringLiteralLike(node) || ts.isJsxText(node)) found.push(node.text.trim());
    if (ts.isTemplateExpression(node)) found.push(textOf(node).trim());
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return found;
}

function textsIn(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) && node.tag.text === 't')
      found.push(textOf(node.template));
    // The chat has no t`…` of its own.
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 't'
    ) {
      const [text] = node.arguments;
      if (text && ts.isStringLiteralLike(text)) found.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest));
  return found;
}

function textOf(template: ts.TemplateLiteral): string {
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text;
  return template.templateSpans.reduce(
    (text, span, index) => `${text}{${index}}${span.literal.text}`,
    template.head.text,
  );
}
