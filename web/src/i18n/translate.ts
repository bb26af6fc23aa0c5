import { type Formatters, IntlMessageFormat } from 'intl-messageformat';
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

export async function loadCatalog(locale: Locale): Promise<Catalog> {
  switch (locale) {
    case 'ru':
      return (await import('./ru.icu.json')).default as unknown as Catalog;
    case 'uz':
      return (await import('./uz.icu.json')).default as unknown as Catalog;
    default:
      return (await import('./en.icu.json')).default as unknown as Catalog;
  }
}

/** The wish of the setting, else of the browser, else English. */
export function chooseLocale(setting: string | null, wishes: readonly string[]): Locale {
  for (const wish of setting ? [setting, ...wishes] : wishes) {
    const language = wish.toLowerCase().split('-')[0];
    const found = LOCALES.find(locale => locale === language);
    if (found) return found;
  }
  return 'en';
}

type Locales = string | string[] | undefined;

/** They take long to make. */
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
