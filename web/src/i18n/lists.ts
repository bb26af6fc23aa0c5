import type { Translate } from './translate.ts';

/** Several in a row: `A, B and C`. */
export function listOf(t: Translate, all: readonly string[]): string {
  const [first = '', ...rest] = all;
  return rest.reduce((list, next, at) => t(at < rest.length - 1 ? 'names.more' : 'names.last', { list, next }), first);
}
