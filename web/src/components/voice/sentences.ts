import en from '../../i18n/voice/en.icu.json';
import ru from '../../i18n/voice/ru.icu.json';
import uz from '../../i18n/voice/uz.icu.json';
import { wordsOfPart } from '../words.ts';

export type VoiceKey = keyof typeof en;

export const useVoiceWords = wordsOfPart<VoiceKey>({ en, ru, uz });
