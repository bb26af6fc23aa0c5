import type { Clock } from '@suhbat/client';
import { type RefObject, useEffect, useState } from 'react';
import { useMessenger } from '../app.tsx';
import type { Spot } from '../overlays/Menu.tsx';
import { RowMenu } from './RowMenu.tsx';

/** Milliseconds, and the pixels up to which a finger rests. */
const LONG_PRESS = 500;
const SLOP = 10;

/** The row whose menu is open. */
interface Target {
  id: number;
  at: Spot;
  opener: HTMLElement;
}

/** The row below an element; the menu opens at the point, else beside the row. */
function targetOf(element: EventTarget | null, point?: { x: number; y: number }): Target | null {
  const opener = element instanceof Element ? element.closest('li')?.querySelector<HTMLElement>('[data-row]') : null;
  if (!opener) return null;
  const { left, bottom, top } = opener.getBoundingClientRect();
  return { id: Number(opener.dataset['row']), at: point ?? { x: left, y: bottom, above: top }, opener };
}

/** Opens the menu of a row by right click, Shift+F10, long press and the row's button, until the returned function is called. */
function listen(list: HTMLElement, clock: Clock, open: (target: Target) => void): () => void {
  let press: { x: number; y: number; timer: unknown } | null = null;
  // Whether the finger that is still down has opened the menu.
  let isOpened = false;
  const end = () => {
    clock.cancel(press?.timer);
    press = null;
  };
  const handlers = {
    contextmenu: (event: MouseEvent) => {
      const { clientX: x, clientY: y } = event;
      const target = targetOf(event.target, x === 0 && y === 0 ? undefined : { x, y });
      if (!target) return;
      event.preventDefault();
      // A long press, which has its own timer, ends with this event on Android.
      if (!isOpened) open(target);
      end();
    },
    pointerdown: (event: PointerEvent) => {
      isOpened = false;
      end();
      const { clientX: x, clientY: y, target: element } = event;
      const target = event.pointerType === 'touch' ? targetOf(element, { x, y }) : null;
      if (!target) return;
      const timer = clock.after(LONG_PRESS, () => {
        press = null;
        isOpened = true;
        open(target);
      });
      press = { x, y, timer };
    },
    pointermove: (event: PointerEvent) => {
      if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > SLOP) end();
    },
    pointerup: end,
    pointercancel: end,
    click: (event: MouseEvent) => {
      const button = event.target instanceof Element ? event.target.closest('[data-menu]') : null;
      const target = targetOf(button);
      if (target) open(target);
      // The finger that opened the menu does not open the conversation too.
      if (!isOpened) return;
      isOpened = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  const all = Object.entries(handlers) as [string, EventListener][];
  // Before the link of the row hears of it.
  for (const [name, handler] of all) list.addEventListener(name, handler, true);
  return () => {
    end();
    for (const [name, handler] of all) list.removeEventListener(name, handler, true);
  };
}

/** The menu of the rows in the list, which comes a moment after them. */
export default function RowMenus({ place }: { place: RefObject<HTMLElement | null> }) {
  const { clock } = useMessenger();
  const [menu, setMenu] = useState<Target | null>(null);
  useEffect(() => (place.current ? listen(place.current, clock, setMenu) : undefined), [place, clock]);
  return menu && <RowMenu key={menu.id} {...menu} onClose={() => setMenu(null)} />;
}
