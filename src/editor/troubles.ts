/** What is wrong, in the language of the editor. */
import { type TroubleLook, troublesOf } from '../troubles/table';
import { knownOf, type View } from './view';
import { here } from './words';

export const troublesHere = (view: View): TroubleLook[] => troublesOf(knownOf(view)).map(here);
