import type { Locale, Translate } from './translate.ts';
import { MONTHS, SHORT_MONTHS, SHORT_WEEKDAYS, WEEKDAYS } from './uzbek.ts';

const two = (value: number) => String(value).padStart(2, '0');

/** Whole days between two moments, by the calendar of this device. */
function daysBetween(earlier: Date, later: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}

/** Dates and times of one language. Uzbek has its own tables, since browsers do not. */
export class Dates {
  readonly #locale: Locale;
  readonly #t: Translate;
  readonly #formats = new Map<string, Intl.DateTimeFormat>();

  constructor(locale: Locale, t: Translate) {
    this.#locale = locale;
    this.#t = t;
  }

  /** `18:05` everywhere: the audience reads 24 hours. */
  time(at: string | number): string {
    const date = new Date(at);
    return `${two(date.getHours())}:${two(date.getMinutes())}`;
  }

  /** For a row of the list: time today, then yesterday, weekday, date. */
  brief(at: string, now: number): string {
    const date = new Date(at);
    const days = daysBetween(date, new Date(now));
    if (days <= 0) return this.time(at);
    if (days === 1) return this.#t('date.yesterday');
    if (days < 7) return this.#locale === 'uz' ? (SHORT_WEEKDAYS[date.getDay()] ?? '') : this.#intl('weekday', { weekday: 'short' }, date);
    if (date.getFullYear() === new Date(now).getFullYear()) {
      return this.#locale === 'uz'
        ? `${date.getDate()}-${SHORT_MONTHS[date.getMonth()] ?? ''}`
        : this.#intl('short', { day: 'numeric', month: 'short' }, date);
    }
    return `${two(date.getDate())}.${two(date.getMonth() + 1)}.${date.getFullYear()}`;
  }

  /** For a separator: Today, Yesterday, weekday within the week, else the full date. */
  day(at: string | number, now: number): string {
    const date = new Date(at);
    const days = daysBetween(date, new Date(now));
    if (days === 0) return this.#t('date.today');
    if (days === 1) return this.#t('date.yesterday');
    if (days > 0 && days < 7)
      return this.#locale === 'uz' ? (WEEKDAYS[date.getDay()] ?? '') : this.#capital(this.#intl('long', { weekday: 'long' }, date));
    if (this.#locale === 'uz') return `${date.getDate()}-${MONTHS[date.getMonth()] ?? ''}, ${date.getFullYear()}`;
    return this.#intl('full', { day: 'numeric', month: 'long', year: 'numeric' }, date);
  }

  moment(at: string | number, now: number): string {
    return this.#t('date.at', { day: this.day(at, now), time: this.time(at) });
  }

  /** `5 minutes ago`, for last seen. */
  ago(at: string, now: number): string {
    const minutes = Math.floor((now - Date.parse(at)) / 60_000);
    if (minutes < 1) return this.#t('date.justNow');
    if (minutes < 60) return this.#t('date.minutesAgo', { count: minutes });
    if (minutes < 12 * 60) return this.#t('date.hoursAgo', { count: Math.floor(minutes / 60) });
    const moment = this.moment(at, now);
    // In the middle of a sentence; the names of days and months keep their capital in English.
    const isName = this.#locale === 'en' && daysBetween(new Date(at), new Date(now)) > 1;
    return isName ? moment : moment.charAt(0).toLocaleLowerCase(this.#locale) + moment.slice(1);
  }

  #capital(text: string): string {
    return text.charAt(0).toLocaleUpperCase(this.#locale) + text.slice(1);
  }

  #intl(name: string, options: Intl.DateTimeFormatOptions, date: Date): string {
    let format = this.#formats.get(name);
    if (!format) {
      format = new Intl.DateTimeFormat(this.#locale === 'en' ? 'en-GB' : this.#locale, options);
      this.#formats.set(name, format);
    }
    return format.format(date);
  }
}

export function dayKey(at: string): number {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + (date.getMonth() + 1) * 100 + date.getDate();
}
