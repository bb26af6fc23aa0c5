import { type RefObject, useCallback, useRef } from 'react';
import type { ScrollToIndexOpts, VirtualizerHandle } from 'virtua';
import type { Item } from './items.ts';

/** Moves the view to a row that was asked for. */
export function useTravel(items: readonly Item[], virtual: RefObject<VirtualizerHandle | null>) {
  const drawn = useRef(items);
  drawn.current = items;
  // Set while the view is on its way.
  const way = useRef<symbol | null>(null);

  /** Scrolls to the row, and once more after two frames, when rows have their true height. False where another move came between. */
  const travel = useCallback(
    (key: string, options: ScrollToIndexOpts, onArrival: () => void) =>
      new Promise<boolean>(resolve => {
        const mine = Symbol('way');
        way.current = mine;
        const go = () => {
          const index = drawn.current.findIndex(item => item.key === key);
          if (index >= 0) virtual.current?.scrollToIndex(index, options);
        };
        go();
        const frames = (count: number, then: () => void) => {
          if (way.current !== mine) resolve(false);
          else if (count > 0) requestAnimationFrame(() => frames(count - 1, then));
          else then();
        };
        frames(2, () => {
          go();
          frames(1, () => {
            way.current = null;
            onArrival();
            resolve(true);
          });
        });
      }),
    [virtual],
  );
  const isTravelling = useCallback(() => way.current !== null, []);
  const cancel = useCallback(() => {
    way.current = null;
  }, []);

  return { travel, isTravelling, cancel };
}
