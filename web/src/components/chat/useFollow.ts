import { draftOf } from '@suhbat/client';
import { useLayoutEffect, useRef } from 'react';
import { useSelect } from '../app.tsx';
import type { useListDiff } from './useItems.ts';
import type { Bottom } from './useStickToBottom.ts';

/** Moves the view as new rows ask for it: into the conversation at first, then along with new messages at the bottom. */
export function useFollow(
  id: number,
  hasRows: boolean,
  drawn: ReturnType<typeof useListDiff>,
  { stick, toBottom, check }: Bottom,
  enter: () => void,
): void {
  const isNow = useSelect(state => state.held[id]?.anchor === null);
  const replying = useSelect(state => draftOf(state, id).replyTo !== null);
  const placed = useRef(false);

  useLayoutEffect(() => {
    drawn.committed();
    if (!hasRows) return;
    if (!placed.current) {
      placed.current = true;
      enter();
    } else if (drawn.isAnother) {
      // A jump leads to its own message; back from there, by the button or by writing, the way is to the bottom.
      if (isNow) toBottom();
    } else if (drawn.wrote || (stick.current && drawn.arrived.length > 0)) {
      toBottom();
    } else if (drawn.arrived.length > 0) {
      check();
    }
  });

  // A reply bar makes the view lower; the last row stays in sight.
  useLayoutEffect(() => {
    if (replying && stick.current) toBottom();
  }, [replying, toBottom, stick]);
}
