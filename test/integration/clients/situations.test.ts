/** Both vendors' SDKs through every situation of `npm run test:clients`: quick enough to be run always. */
import { playAll } from '../../clients/bench';
import { SDKS } from '../../clients/sdks';

describe('SDKs in every situation', () => playAll(SDKS));
