import { useLayoutEffect, useRef } from 'react';
import { giveBackFocus } from '../focus.ts';
import { useRowWords } from './sentences.ts';

/** In a toast: takes back what was done. It goes with its toast, and the focus returns to where it came from. */
export function UndoButton({ undo, onDone }: { undo: () => void; onDone: () => void }) {
  const words = useRowWords();
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const element = button.current;
    return () => {
      if (document.activeElement === element) giveBackFocus(before.current);
    };
  }, []);
  return (
    <button
      ref={button}
      type="button"
      onFocus={event => {
        before.current = event.relatedTarget;
      }}
      onClick={() => {
        undo();
        onDone();
      }}
    >
      {words('common.undo')}
    </button>
  );
}
