import type { Locale, Translate } from './translate.ts';

/** Numbers in Uzbek follow the Russian pattern: `10 000`, `1,5`. */
export function numbersOf(locale: string, options?: Intl.NumberFormatOptions): Intl.NumberFormat {
  return new Intl.NumberFormat(locale === 'uz' ? 'ru' : locale, options);
}

function numberIn(locale: Locale, value: number, digits = 0): string {
  return numbersOf(locale, { maximumFractionDigits: digits }).format(value);
}

export function sizeIn(locale: Locale, t: Translate, bytes: number): string {
  if (bytes < 1024) return t('size.b', { n: numberIn(locale, bytes) });
  if (bytes < 1024 * 1024) return t('size.kb', { n: numberIn(locale, bytes / 1024, bytes < 10_240 ? 1 : 0) });
  return t('size.mb', { n: numberIn(locale, bytes / 1024 / 1024, 1) });
}
