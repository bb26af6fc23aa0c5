import type { foundIn } from '@suhbat/client/fold';
import { type ReactNode, useEffect, useState } from 'react';
import { later } from '../parts.tsx';

const load = later(() => import('@suhbat/client/fold'));
let find: typeof foundIn | null = null;

/** A text with the searched parts marked, as soon as the code that finds them is loaded. */
export function Highlight({ text, query }: { text: string; query: string }) {
  const [, draw] = useState(false);
  useEffect(() => {
    if (query === '' || find) return;
    // Without it nothing is marked, and all is found the same.
    load().then(
      module => {
        find = module.foundIn;
        draw(true);
      },
      () => {},
    );
  }, [query]);
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [from, to] of (query !== '' && find?.(text, query)) || []) {
    parts.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>);
    at = to;
  }
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  );
}
