import { expect, it } from 'vitest';
import { config } from '../../client/testing/builders.ts';
import { problemsOf } from './rules.ts';

it('a file has a known ending, and is of its kind where the browser knows that', () => {
  const judge = (name: string, type: string) => problemsOf([new File(['x'], name, { type })], config)[0];
  expect(judge('a.png', 'image/png')).toBeNull();
  expect(judge('a.png', '')).toBeNull();
  expect(judge('a.png', 'image/apng')).toBeNull();
  expect(judge('a.ogg', 'video/ogg')).toBeNull();
  expect(judge('a.png', 'text/html')).toBe('type');
  expect(judge('a.html', 'image/png')).toBe('type');
  expect(judge('pasted', 'image/png')).toBeNull();
  expect(judge('pasted', 'text/html')).toBe('type');
});
