import { useCallback } from 'react';
import { type Args, type Compiled, formatMessage } from '../i18n/message.ts';
import type { Locale } from '../i18n/translate.ts';
import { useLanguage } from './app.tsx';

/**
 * The sentences of a part that loads later: they come with it, in all languages, and not with the first load. The build compiles the catalogs, see
 * `tools/icu.ts`.
 */
export function wordsOfPart<K extends string>(catalogs: Record<Locale, Record<K, string>>): () => (key: K, args?: Args) => string {
  return () => {
    const { locale } = useLanguage();
    return useCallback((key, args) => formatMessage(catalogs[locale][key] as Compiled, locale, args), [locale]);
  };
}
