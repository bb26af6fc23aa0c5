import { expect, it } from 'vitest';
import { listOf } from './lists.ts';
import { type Locale, loadCatalog, translator } from './translate.ts';

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
