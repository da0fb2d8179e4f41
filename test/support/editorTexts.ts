import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { say } from '../../src/doctor/sentences';
import type { Said } from '../../src/said';

/** Every t`…` of the extension and of its page as the dictionaries in l10n/ name it: "Copied {0}." */
export function editorTexts(): string[] {
  return [...new Set(['src/editor', 'src/webview'].flatMap((room) => filesIn(room).flatMap(textsIn)))];
}

/** Every sentence of the Doctor by its code, with places for its values: "Port {0} is taken …". */
export function doctorSentences(): Map<string, string> {
  return new Map(Object.entries(say).map(([name, sentence]) => [`doctor.${name}`, withPlaces(sentence)]));
}

function withPlaces(sentence: Said | ((...values: never[]) => Said)): string {
  if (typeof sentence !== 'function') return sentence.text;
  // More than any sentence has.
  const places = Array.from({ length: 9 }, (_, index) => ({
    text: `{${index}}`,
    toString: () => `{${index}}`,
  }));
  return sentence(...(places as never[])).text;
}

function filesIn(room: string): string[] {
  const files = readdirSync(room, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /\.tsx?$/.test(file)).map((file) => path.join(room, file));
}

function textsIn(file: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) && node.tag.text === 't')
      found.push(textOf(node.template));
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
