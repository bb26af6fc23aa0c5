import type { Translate } from '../../i18n/translate.ts';

/** `3 h`, for how long somebody has been waiting; days from two days on. */
export function since(t: Translate, at: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(at)) / 60_000));
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return t('date.forMinutes', { count: minutes });
  if (hours < 48) return t('date.forHours', { count: hours });
  return t('date.forDays', { count: Math.floor(hours / 24) });
}
