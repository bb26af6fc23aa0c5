import type { Locale, Translate } from './translate.ts';

/** Chromium claims to know Uzbek dates but prints `2026 M11 22`, so the names are ours. */
const MONTHS = ['yanvar', 'fevral', 'mart', 'aprel', 'may', 'iyun', 'iyul', 'avgust', 'sentabr', 'oktabr', 'noyabr', 'dekabr'] as const;

const SHORT_MONTHS = ['yan', 'fev', 'mar', 'apr', 'may', 'iyn', 'iyl', 'avg', 'sen', 'okt', 'noy', 'dek'] as const;

const WEEKDAYS = ['yakshanba', 'dushanba', 'seshanba', 'chorshanba', 'payshanba', 'juma', 'shanba'] as const;

const SHORT_WEEKDAYS = ['yak', 'dush', 'sesh', 'chor', 'pay', 'jum', 'shan'] as const;

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
    if (days < 7) return this.#weekday('short', date);
    if (date.getFullYear() === new Date(now).getFullYear()) {
      return this.#t('date.dayMonth', { day: date.getDate(), month: this.#month('short', date) });
    }
    return `${two(date.getDate())}.${two(date.getMonth() + 1)}.${date.getFullYear()}`;
  }

  /** For a separator: Today, Yesterday, weekday within the week, else the full date. */
  day(at: string | number, now: number): string {
    const days = daysBetween(new Date(at), new Date(now));
    if (days === 0) return this.#t('date.today');
    if (days === 1) return this.#t('date.yesterday');
    const day = this.#named(new Date(at), days);
    return day.charAt(0).toLocaleUpperCase(this.#locale) + day.slice(1);
  }

  moment(at: string | number, now: number): string {
    return this.#t('date.at', { day: this.day(at, now), time: this.time(at) });
  }

  /** `5 minutes ago`, for last seen; in the middle of a sentence. */
  ago(at: string, now: number): string {
    const minutes = Math.floor((now - Date.parse(at)) / 60_000);
    if (minutes < 1) return this.#t('date.justNow');
    if (minutes < 60) return this.#t('date.minutesAgo', { count: minutes });
    if (minutes < 12 * 60) return this.#t('date.hoursAgo', { count: Math.floor(minutes / 60) });
    const time = this.time(at);
    const days = daysBetween(new Date(at), new Date(now));
    if (days === 0) return this.#t('date.agoToday', { time });
    if (days === 1) return this.#t('date.agoYesterday', { time });
    return this.#t('date.at', { day: this.#named(new Date(at), days), time });
  }

  /** The weekday within the week, else the full date, as they stand inside a sentence. */
  #named(date: Date, days: number): string {
    if (days > 0 && days < 7) return this.#weekday('long', date);
    return this.#t('date.full', { day: date.getDate(), month: this.#month('long', date), year: String(date.getFullYear()) });
  }

  #weekday(length: 'short' | 'long', date: Date): string {
    if (this.#locale === 'uz') return (length === 'short' ? SHORT_WEEKDAYS : WEEKDAYS)[date.getDay()] ?? '';
    return this.#part('weekday', { weekday: length }, date);
  }

  /** As it stands beside a day: languages decline it. */
  #month(length: 'short' | 'long', date: Date): string {
    if (this.#locale === 'uz') return (length === 'short' ? SHORT_MONTHS : MONTHS)[date.getMonth()] ?? '';
    return this.#part('month', { day: 'numeric', month: length }, date);
  }

  #part(type: 'weekday' | 'month', options: Intl.DateTimeFormatOptions, date: Date): string {
    const name = `${type} ${options[type]}`;
    const format = this.#formats.get(name) ?? new Intl.DateTimeFormat(this.#locale === 'en' ? 'en-GB' : this.#locale, options);
    this.#formats.set(name, format);
    return format.formatToParts(date).find(part => part.type === type)?.value ?? '';
  }
}

export function dayKey(at: string): number {
  const date = new Date(at);
  return date.getFullYear() * 10_000 + (date.getMonth() + 1) * 100 + date.getDate();
}
