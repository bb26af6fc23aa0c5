import { type RefObject, useCallback, useEffect } from 'react';
import { useMessenger, useSelect } from '../app.tsx';

const AHEAD = 1_200;

/** Loads the pages beside the rows before the view comes to them. The answer is to be called with every scroll. */
export function usePaging(
  id: number,
  { rows, atStart, atEnd }: { rows: number; atStart: boolean; atEnd: boolean },
  scroller: RefObject<HTMLElement | null>,
  jumping: RefObject<boolean>,
): () => void {
  const messenger = useMessenger();
  const older = useSelect(state => state.held[id]?.older ?? 'idle');

  // A page shorter than the view never scrolls, so it is filled here.
  useEffect(() => {
    const element = scroller.current;
    const fits = element && element.scrollHeight <= element.clientHeight + AHEAD;
    if (fits && !atStart && older === 'idle' && !jumping.current && rows > 0) void messenger.history.loadOlder(id);
  }, [atStart, older, rows, messenger, id, scroller, jumping]);

  return useCallback(() => {
    const element = scroller.current;
    if (!element || jumping.current) return;
    if (element.scrollTop < AHEAD && !atStart) void messenger.history.loadOlder(id);
    if (!atEnd && element.scrollHeight - element.scrollTop - element.clientHeight < AHEAD) void messenger.history.loadNewer(id);
  }, [messenger, id, atStart, atEnd, scroller, jumping]);
}
