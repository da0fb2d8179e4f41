/** What the rules that a record names did to a request, in words for a person. Their codes are for comments (docs/rules.md). */
const WORDS: Readonly<Record<string, string>> = {
  D2: 'messages and input stood side by side: the messages were used',
  M9: 'the service tier follows the model name',
  N10: 'an empty user message was given a placeholder',
  N11: 'shown thinking was taken out of the history',
  N12: 'old functions became tools',
  N13: 'Anthropic blocks became calls and results',
  N2: 'extra fields of old tool calls were dropped',
  N22: 'an empty list of tools was dropped',
  N27: 'the effort was written in the form of the model',
  N28: 'the effort of the model name took effect',
  N3: 'content beside tool calls was joined',
  N30: 'the output limit was raised to what the model takes',
  N33: 'the reference to an earlier answer was dropped',
  N4: 'an empty list of tool calls was dropped',
  N6: 'a tool message without an id was kept as text',
  N7: 'the developer role became system',
  N8: 'the system text was put first',
  N9: 'input items became messages',
  R19: 'calls of custom tools were restored',
  S10: 'what Cursor drops was put back from memory',
  S6: 'what Cursor drops was no longer known: old calls went on as text',
};

/** Words for one entry of a record's `rules`; what is words already stays. */
export function ruleWords(rule: string): string {
  return WORDS[rule] ?? rule;
}
