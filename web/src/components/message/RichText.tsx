import { linkify } from '@suhbat/client';
import { memo } from 'react';
import { Marked } from '../search/Marked.tsx';

interface Props {
  text: string;
  tab: 0 | -1;
  /** The places of what is searched for. */
  marks?: readonly (readonly [from: number, to: number])[] | undefined;
}

/** The text of a message: plain text and links, never markup. */
export const RichText = memo(function RichText({ text, tab, marks = [] }: Props) {
  let at = 0;
  return (
    <>
      {linkify(text).map(span => {
        const key = at;
        at += span.text.length;
        const end = at;
        const places = marks
          .map(([from, to]) => [Math.max(0, from - key), Math.min(end, to) - key] as const)
          .filter(([from, to]) => to > from);
        const shown = places.length > 0 ? <Marked key={key} text={span.text} places={places} /> : span.text;
        return span.kind === 'text' ? (
          <span key={key}>{shown}</span>
        ) : (
          <a
            key={key}
            href={span.href}
            tabIndex={tab}
            // An app takes the others, and an empty page would stay.
            {...(/^https?:/.test(span.href) ? { target: '_blank' } : {})}
            rel="noopener noreferrer nofollow"
          >
            {shown}
          </a>
        );
      })}
    </>
  );
});
