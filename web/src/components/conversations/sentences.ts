import en from '../../i18n/rows/en.icu.json';
import ru from '../../i18n/rows/ru.icu.json';
import uz from '../../i18n/rows/uz.icu.json';
import { wordsOfPart } from '../words.ts';

/** What the list's filters, its menu and its empty views say. */
export const useRowWords = wordsOfPart<keyof typeof en>({ en, ru, uz });
