import { linkify } from '@suhbat/client';
import { memo } from 'react';

/** The text of a message: plain text and links, never markup. */
export const RichText = memo(function RichText({ text, tab }: { text: string; tab: 0 | -1 }) {
  let at = 0;
  return (
    <>
      {linkify(text).map(span => {
        const key = at;
        at += span.text.length;
        return span.kind === 'text' ? (
          <span key={key}>{span.text}</span>
        ) : (
          <a
            key={key}
            href={span.href}
            tabIndex={tab}
            // An app takes the others, and an empty page would stay.
            {...(/^https?:/.test(span.href) ? { target: '_blank' } : {})}
            rel="noopener noreferrer nofollow"
          >
            {span.text}
          </a>
        );
      })}
    </>
  );
});
