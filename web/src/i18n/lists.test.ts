import { expect, it } from 'vitest';
import { listIn } from './lists.ts';

it('names stand in a row as the language has it', () => {
  const names = ['Aziz', 'Olga', 'Rustam'];
  expect(listIn('en', names)).toBe('Aziz, Olga and Rustam');
  expect(listIn('ru', names)).toBe('Aziz, Olga и Rustam');
  expect(listIn('uz', names)).toBe('Aziz, Olga va Rustam');
  expect(listIn('uz', ['Aziz'])).toBe('Aziz');
  expect(listIn('en', [])).toBe('');
});
