/** No tunnel: nothing to run. */
import type { TunnelCard } from '../card';

export const noneCard: TunnelCard = {
  title: 'Local only',
  description: 'no tunnel; Cursor cannot reach the router',
  icon: 'home',
  visitorHeader: 'x-forwarded-for',
  renewable: false,
  setting: 'tunnel.provider',
};
