import type { KeyValueStorage } from '@suhbat/client';

export interface Settings {
  locale: string | null;
  theme: 'system' | 'light' | 'dark';
  sendWith: 'enter' | 'ctrl-enter';
  density: 'roomy' | 'compact';
  /** Of the text, in percent of the usual size. */
  textSize: number;
  /** How fast recordings are played. */
  rate: number;
  /** Whether pictures are sent as files, in their full size. */
  fullSize: boolean;
  notify: boolean;
  sound: boolean;
}

/** The key in storage. */
export const SETTINGS = 'suhbat:settings';
const DEFAULTS: Settings = {
  locale: null,
  theme: 'system',
  sendWith: 'enter',
  density: 'roomy',
  textSize: 100,
  rate: 1,
  fullSize: false,
  notify: false,
  sound: false,
};

/** Selects all of them. */
export const all = (settings: Settings): Settings => settings;

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
