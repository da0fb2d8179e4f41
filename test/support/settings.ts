import { type Settings, type SettingsInput, settingsSchema } from '../../src/settings/schema';

/** Settings with their defaults, from what a test cares about. */
export function settingsOf(input: SettingsInput = {}): Settings {
  return settingsSchema.parse(input);
}
