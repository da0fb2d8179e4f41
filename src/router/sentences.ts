/** Every notice of the router about itself. */
import { catalogue } from '../said';

export const say = catalogue('router', {
  portTaken: (wanted: number, port: number) =>
    `Port ${wanted} is taken by another program, so the router uses ${port}.`,
  settingsNotValid: 'These settings are not valid.',
  staysOnPort: (why: string, port: number) => `${why} The router stays on port ${port}.`,
});
