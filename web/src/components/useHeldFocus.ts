import { type FocusEvent, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

const MOST_FRAMES = 30;

/**
 * Virtual rows are moved and mounted anew, and a moved element loses the focus to the body. As long as nobody took the focus
 * elsewhere, it goes back to the row that `find` names: after each render, and by `restore` after each scroll. `onLeave` is called when
 * somebody did.
 */
export function useHeldFocus(
  place: RefObject<HTMLElement | null>,
  find: () => HTMLElement | null | undefined,
  onLeave: () => void = () => {},
) {
  const holds = useRef(false);
  const latest = useRef(find);
  latest.current = find;
  const leave = useRef(onLeave);
  leave.current = onLeave;
  const tries = useRef(0);
  const restore = useRef(() => {
    if (!holds.current || document.activeElement !== document.body) return;
    latest.current()?.focus({ preventScroll: true });
    // A row is hidden until it was measured, and hidden elements take no focus.
    if (document.activeElement === document.body && tries.current < MOST_FRAMES) {
      tries.current += 1;
      requestAnimationFrame(restore);
    }
  }).current;
  useLayoutEffect(() => {
    tries.current = 0;
    restore();
  });
  useEffect(() => {
    // A press beside the rows gives up the focus, even if the browser does not move it.
    const press = (event: PointerEvent) => {
      if (!holds.current || (event.target instanceof Node && place.current?.contains(event.target))) return;
      holds.current = false;
      leave.current();
    };
    document.addEventListener('pointerdown', press, true);
    return () => document.removeEventListener('pointerdown', press, true);
  }, [place]);
  return {
    restore: () => {
      tries.current = 0;
      requestAnimationFrame(restore);
    },
    handlers: {
      onFocusCapture: () => {
        holds.current = true;
      },
      onBlurCapture: (event: FocusEvent) => {
        if (!(event.relatedTarget instanceof Node) || place.current?.contains(event.relatedTarget)) return;
        holds.current = false;
        leave.current();
      },
    },
  };
}
