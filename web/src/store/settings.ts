import type { KeyValueStorage } from '../client/index.ts';

export interface Settings {
  locale: string | null;
  theme: 'system' | 'light' | 'dark';
  sendWith: 'enter' | 'ctrl-enter';
  notify: boolean;
  sound: boolean;
}

/** The key in storage. */
export const SETTINGS = 'suhbat:settings';
const DEFAULTS: Settings = { locale: null, theme: 'system', sendWith: 'enter', notify: false, sound: false };

export function keptSettings(memory: KeyValueStorage): Settings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(memory.get(SETTINGS) ?? '{}') as Partial<Settings>) };
  } catch {
    return DEFAULTS;
  }
}

export function keepSettings(memory: KeyValueStorage, settings: Settings): void {
  memory.set(SETTINGS, JSON.stringify(settings));
}
