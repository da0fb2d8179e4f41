import { MINIMAX_FAMILIES } from '../../models/openWeights';
import type { Preset } from '../preset';

// platform.minimax.io, 2026-11: thinking comes as tags in the text.
export const minimax: Preset = {
  title: 'MiniMax',
  baseUrl: 'https://api.minimax.io/v1',
  needsKey: true,
  keyUrl: 'https://platform.minimax.io/user-center/basic-information/interface-key',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['MINIMAX_API_KEY'],
  abilities: { reasoningField: 'none', systemMessages: 'one' },
  families: MINIMAX_FAMILIES,
  quirks: { developerAsSystem: true, aboveZero: true },
  billingUrl: 'https://platform.minimax.io/user-center/payment/balance',
  liteLlm: {
    names: ['minimax'],
    addressEnv: ['MINIMAX_API_BASE'],
  },
};
