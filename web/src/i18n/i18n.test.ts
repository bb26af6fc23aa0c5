import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Dates } from './dates.ts';
import { sizeIn } from './numbers.ts';
import { chooseLocale, LOCALES, type Locale, listOf, loadCatalog, refusalSentence, translator } from './translate.ts';

const now = new Date(2026, 10, 22, 18, 5).getTime();
const at = (...parts: [number, number, number, number?, number?]) => new Date(...(parts as [number, number, number])).toISOString();

async function language(locale: 'en' | 'ru' | 'uz') {
  const catalog = await loadCatalog(locale);
  const t = translator(locale, catalog);
  return { t, catalog, dates: new Dates(locale, t) };
}

const codes = [
  ...(
    /ErrorCode: (.*);/.exec(readFileSync(new URL('../../packages/client/src/schema.gen.ts', import.meta.url), 'utf8'))?.[1] ?? ''
  ).matchAll(/"(\w+)"/g),
].map(match => match[1] ?? '');
/** A fault of ours, or a matter of the session: no sentence of its own could help. */
const UNSAID = new Set([
  'invalid_json',
  'invalid_request',
  'unknown_type',
  'not_authenticated',
  'token_expired',
  'token_invalid',
  'scope_required',
  'origin_not_allowed',
  'not_found',
  'method_not_allowed',
  'confession_not_found',
  'range_not_satisfiable',
  'internal_error',
]);

describe('languages', () => {
  it('say in Russian what is too many, by its number', async () => {
    const { t } = await language('ru');
    expect([1, 2, 5, 21, 50].map(count => t('composer.over', { count }))).toEqual([
      'Лишний 1 знак',
      'Лишние 2 знака',
      'Лишних 5 знаков',
      'Лишний 21 знак',
      'Лишних 50 знаков',
    ]);
  });
  it('keep clear of words that mean something else to a parish, and use one Uzbek verb for reading', () => {
    const words = (locale: string) => readFileSync(new URL(`${locale}.icu.json`, import.meta.url), 'utf8');
    expect(words('ru')).not.toMatch(/служб/i);
    // A conversation that is spoken, which only the tagline means.
    expect(words('ru').match(/разговор/gi)).toHaveLength(1);
    // "Seen" by a person, as opposed to "looked at"; shown or tried things have other endings.
    expect(words('uz')).not.toMatch(/koʻr(il)?di[^a-z]/i);
  });
  it('follow the setting, then the browser, then English', () => {
    expect(chooseLocale('uz', ['ru'])).toBe('uz');
    expect(chooseLocale(null, ['de', 'ru-RU'])).toBe('ru');
    expect(chooseLocale(null, ['de'])).toBe('en');
  });
  it('have dates of their own', async () => {
    const uz = (await language('uz')).dates;
    expect(uz.day(at(2025, 10, 22), now)).toBe('22-noyabr, 2025');
    expect(uz.day(at(2026, 10, 21), now)).toBe('Kecha');
    expect(uz.brief(at(2026, 10, 19), now)).toBe('pay');
    expect(uz.brief(at(2026, 9, 3), now)).toBe('3-okt');
    expect(uz.day(at(2026, 10, 19), now)).toBe('Payshanba');
    const ru = (await language('ru')).dates;
    expect(ru.day(at(2025, 10, 22), now)).toContain('22 ноября 2025');
    expect(ru.brief(at(2026, 9, 3), now)).toBe('3 окт.');
    expect(ru.ago(at(2026, 10, 21, 9, 30), now)).toBe('вчера в 09:30');
    expect(ru.ago(new Date(now - 21 * 60_000).toISOString(), now)).toBe('21 минуту назад');
    const en = (await language('en')).dates;
    expect(en.brief(at(2026, 10, 22), now)).toBe('00:00');
    expect(en.brief(at(2026, 9, 3), now)).toBe('3 Oct');
    expect(en.day(at(2025, 10, 3), now)).toBe('3 November 2025');
    expect(en.ago(new Date(now - 5 * 60_000).toISOString(), now)).toBe('5 minutes ago');
    expect(en.ago(at(2026, 10, 21, 9, 30), now)).toBe('yesterday at 09:30');
    expect(en.ago(at(2026, 10, 16, 9, 30), now)).toBe('Monday at 09:30');
    expect(en.ago(at(2025, 10, 3, 9, 30), now)).toBe('3 November 2025 at 09:30');
    expect(ru.ago(at(2026, 10, 16, 9, 30), now)).toBe('понедельник в 09:30');
    expect(uz.ago(at(2026, 10, 16, 9, 30), now)).toBe('dushanba 09:30 da');
  });
  it('write numbers in sentences as they write them elsewhere', async () => {
    const unread = async (locale: 'en' | 'ru' | 'uz') =>
      (await language(locale)).t('list.unreadCount', { count: 12_345 }).replace(/\s/g, ' ');
    expect(await unread('en')).toBe('12,345 unread messages');
    expect(await unread('ru')).toBe('12 345 непрочитанных сообщений');
    expect(await unread('uz')).toBe('12 345 ta oʻqilmagan xabar');
  });
  it('know sizes', async () => {
    expect(sizeIn('uz', (await language('uz')).t, 1_572_864)).toBe('1,5 MB');
    expect(sizeIn('en', (await language('en')).t, 1_572_864)).toBe('1.5 MB');
  });
  it('have a sentence for every code, and one for those unknown', async () => {
    expect(codes.length).toBeGreaterThan(30);
    for (const locale of LOCALES) {
      const { t, catalog } = await language(locale);
      const general = refusalSentence(t, catalog, 'never_heard_of');
      const silent = codes.filter(code => refusalSentence(t, catalog, code) === general && !UNSAID.has(code));
      expect(silent).toEqual([]);
      expect(refusalSentence(t, catalog, 'toString')).toBe(refusalSentence(t, catalog, null));
    }
  });
});

it('names stand in a row as the language has it', async () => {
  const listIn = async (locale: Locale, names: string[]) => listOf(translator(locale, await loadCatalog(locale)), names);
  const names = ['Aziz', 'Olga', 'Rustam'];
  expect(await listIn('en', names)).toBe('Aziz, Olga and Rustam');
  expect(await listIn('ru', names)).toBe('Aziz, Olga и Rustam');
  expect(await listIn('uz', names)).toBe('Aziz, Olga va Rustam');
  expect(await listIn('en', ['Aziz', 'Olga'])).toBe('Aziz and Olga');
  expect(await listIn('uz', ['Aziz'])).toBe('Aziz');
  expect(await listIn('en', [])).toBe('');
});
