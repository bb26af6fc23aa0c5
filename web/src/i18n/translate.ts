import { insistent } from '@suhbat/client';
import type en from './en.icu.json';
import { type Args, type Compiled, formatMessage } from './message.ts';

export type Locale = 'en' | 'ru' | 'uz';
export type Key = keyof typeof en;
export type Translate = (key: Key, args?: Args) => string;

export type Catalog = Record<string, Compiled>;

export const LOCALES: readonly Locale[] = ['en', 'ru', 'uz'];
export const LANGUAGE_NAMES: Record<Locale, string> = { en: 'English', ru: 'Русский', uz: 'Oʻzbekcha' };

const CATALOGS: Record<Locale, () => Promise<{ default: unknown }>> = {
  en: insistent(() => import('./en.icu.json')),
  ru: insistent(() => import('./ru.icu.json')),
  uz: insistent(() => import('./uz.icu.json')),
};

export async function loadCatalog(locale: Locale): Promise<Catalog> {
  return (await CATALOGS[locale]()).default as Catalog;
}

/** The language of the setting, else of the browser, else English. */
export function chooseLocale(setting: string | null, wishes: readonly string[]): Locale {
  for (const wish of setting ? [setting, ...wishes] : wishes) {
    const language = wish.toLowerCase().split('-')[0];
    const found = LOCALES.find(locale => locale === language);
    if (found) return found;
  }
  return 'en';
}

export function translator(locale: Locale, catalog: Catalog): Translate {
  return (key, args) => formatMessage(catalog[key] ?? key, locale, args);
}

/** The sentence for a code of the service; a code we do not know gets the general one. */
export function refusalSentence(t: Translate, catalog: Catalog, code: string | null): string {
  const key = `refusal.${code ?? 'unexpected'}`;
  return t((key in catalog ? key : 'refusal.unexpected') as Key);
}

/** `A, B and C` */
export function listOf(t: Translate, all: readonly string[]): string {
  const [first = '', ...rest] = all;
  return rest.reduce((list, next, at) => t(at < rest.length - 1 ? 'names.more' : 'names.last', { list, next }), first);
}
