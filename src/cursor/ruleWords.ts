/** What the rules that a record names did to a request, in words for a person. Their codes are for comments (docs/rules.md). */
import type { Said, Words } from '../said';
import { say } from './sentences';

const WORDS: Readonly<Record<string, Said>> = {
  D2: say.messagesUsed,
  M9: say.tierOfName,
  N10: say.emptyUser,
  N11: say.thinkingTakenOut,
  N12: say.oldFunctions,
  N13: say.blocksBecameCalls,
  N2: say.extraFields,
  N22: say.noTools,
  N27: say.effortForm,
  N28: say.effortOfName,
  N3: say.contentJoined,
  N30: say.limitRaised,
  N33: say.referenceDropped,
  N4: say.noCalls,
  N6: say.keptAsText,
  N7: say.developerBecameSystem,
  N8: say.systemFirst,
  N9: say.itemsBecameMessages,
  R19: say.customCalls,
  S10: say.putBack,
  S6: say.notKnown,
};

/** Words for one entry of a record's `rules`; what is words already stays. */
export function ruleWords(rule: string): Words {
  return WORDS[rule] ?? rule;
}
