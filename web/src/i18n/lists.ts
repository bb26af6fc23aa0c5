import type { Locale } from './translate.ts';

const formats = new Map<Locale, Intl.ListFormat>();

/** Several in a row: `A, B and C`. Uzbek is ours, since browsers that claim to know it may not. */
export function listIn(locale: Locale, all: readonly string[]): string {
  if (all.length < 2) return all[0] ?? '';
  if (locale === 'uz') return `${all.slice(0, -1).join(', ')} va ${all.at(-1)}`;
  let format = formats.get(locale);
  if (!format) {
    format = new Intl.ListFormat(locale === 'en' ? 'en-GB' : locale, { type: 'conjunction' });
    formats.set(locale, format);
  }
  return format.format(all);
}
