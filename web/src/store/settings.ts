import type { Memory } from '../client/index.ts';

export interface Settings {
  locale: string | null;
  theme: 'system' | 'light' | 'dark';
  sendWith: 'enter' | 'ctrl-enter';
  notify: boolean;
  sound: boolean;
}

/** Where they are kept. */
export const SETTINGS = 'suhbat:settings';
const DEFAULTS: Settings = { locale: null, theme: 'system', sendWith: 'enter', notify: false, sound: false };

export function keptSettings(memory: Memory): Settings {
  try {
    return { ...DEFAULTS, ...(JSON.parse(memory.get(SETTINGS) ?? '{}') as Partial<Settings>) };
  } catch {
    return DEFAULTS;
  }
}

export function keepSettings(memory: Memory, settings: Settings): void {
  memory.set(SETTINGS, JSON.stringify(settings));
}
