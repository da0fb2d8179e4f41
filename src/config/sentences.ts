/** Every sentence about what comes from outside and cannot be used as it is. */
import { catalogue } from '../said';

export const say = catalogue('config', {
  impossibleKey: (backend: string, variable: string | undefined) =>
    `The key of ${backend} cannot be sent: it has a line break or another character that no header can hold. Copy it again${variable ? ` (variable ${variable}, where it comes from there)` : ''}.`,
});
