import { type Formatters, IntlMessageFormat } from 'intl-messageformat';
import { insistent } from '../insistent.ts';
import type en from './en.icu.json';
import { numbersOf } from './numbers.ts';

export type Locale = 'en' | 'ru' | 'uz';
export type Key = keyof typeof en;
export type Args = Record<string, string | number>;
export type Translate = (key: Key, args?: Args) => string;

type Ast = ConstructorParameters<typeof IntlMessageFormat>[0];
export type Catalog = Record<string, Ast>;

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

type Locales = string | string[] | undefined;

/** Formatters of `Intl` are slow to make, so each is kept. */
function kept<T, O>(make: (locale: string, options?: O) => T): (locale?: Locales, options?: O) => T {
  const made = new Map<string, T>();
  return (locale, options) => {
    const key = `${locale} ${JSON.stringify(options)}`;
    const found = made.get(key) ?? make(String(locale), options);
    made.set(key, found);
    return found;
  };
}

/** As the library makes them, but numbers as we write them. */
const FORMATTERS: Formatters = {
  getNumberFormat: kept(numbersOf),
  getDateTimeFormat: (locale, options) => new Intl.DateTimeFormat(locale, options),
  getPluralRules: kept((locale, options: Intl.PluralRulesOptions | undefined) => new Intl.PluralRules(locale, options)),
};

export function translator(locale: Locale, catalog: Catalog): Translate {
  const formats = new Map<Key, IntlMessageFormat>();
  return (key, args) => {
    const message = catalog[key];
    if (message === undefined) return key;
    if (typeof message === 'string') return message;
    let format = formats.get(key);
    if (!format) {
      format = new IntlMessageFormat(message, locale, undefined, { formatters: FORMATTERS });
      formats.set(key, format);
    }
    return String(format.format(args));
  };
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
