import en from '../../i18n/settings/en.icu.json';
import ru from '../../i18n/settings/ru.icu.json';
import uz from '../../i18n/settings/uz.icu.json';
import { wordsOfPart } from '../words.ts';

/** What the dialogs of the settings and of the keys say. */
export const useSettingsWords = wordsOfPart<keyof typeof en>({ en, ru, uz });
