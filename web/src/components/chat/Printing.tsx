import { useEffect, useState } from 'react';
import { createPortal, flushSync } from 'react-dom';
import { PrintView } from './lazy.ts';

/** While the browser prints, the loaded part of the conversation stands in place of the page, which shows one screen of it. */
export function Printing({ id }: { id: number }) {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    // The browser takes what is there when the listener has returned.
    const begin = () => flushSync(() => setPrinting(true));
    const end = () => setPrinting(false);
    window.addEventListener('beforeprint', begin);
    window.addEventListener('afterprint', end);
    return () => {
      window.removeEventListener('beforeprint', begin);
      window.removeEventListener('afterprint', end);
    };
  }, []);
  return isPrinting && createPortal(<PrintView id={id} />, document.body);
}
