/** What is told of a family of models: its facts are in families.ts and openWeights.ts. */
import type { Abilities, Quirks } from '../routing/abilities';
import type { Wire } from '../wires/wire';

/** When the chat address refuses a model, so that Responses has to be spoken. */
export type ChatRefusal =
  /** There is no chat endpoint for it at all. */
  | 'always'
  /** Function tools are refused unless the effort is `none`. */
  | 'tools'
  /** Function tools are refused together with an effort other than `none`. */
  | 'toolsWithEffort';

/** Models that differ from a provider's general behaviour. The first family whose pattern matches wins. */
export interface Family {
  /** Tested against the model's own name. */
  match: RegExp;
  abilities: Partial<Abilities>;
  /** Effort words it takes where they are more than those worth listing as variants. */
  effortWords?: readonly string[];
  /** Parameters these models refuse besides the provider's own. */
  unsupportedParams?: readonly string[];
  /** Where the model differs from what its provider's address takes in general. */
  quirks?: Partial<Quirks>;
  /** With an effort of `none` sampling parameters are taken (OpenAI's guide to GPT-5.2); by these it is the default. */
  silentTakesSampling?: 'byDefault' | 'asked';
}

/** A family known by name wherever it is served. */
export interface ModelFamily extends Family {
  /** The wire of the maker: the form of `abilities.reasoningField` is of this wire. */
  wire: Wire;
  chatRefuses?: ChatRefusal;
  /** Messages: a model of adaptive thinking that takes a budget as well; one of a budget that takes an effort beside it. */
  takesBudget?: true;
  takesEffort?: true;
}
