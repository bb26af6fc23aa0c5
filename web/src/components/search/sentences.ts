import en from '../../i18n/search/en.icu.json';
import ru from '../../i18n/search/ru.icu.json';
import uz from '../../i18n/search/uz.icu.json';
import { wordsOfPart } from '../words.ts';

/** What the search says. */
export const useSearchWords = wordsOfPart<keyof typeof en>({ en, ru, uz });
export type SearchWord = keyof typeof en;
