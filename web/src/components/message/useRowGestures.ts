import type { Message } from '@suhbat/client';
import { useRef } from 'react';
import { useMessenger } from '../app.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import type { Item } from '../chat/items.ts';
import type { Spot } from '../overlays/Menu.tsx';

/** Milliseconds. */
const LONG_PRESS = 500;
/** Pixels: up to here a finger rests, from here on a swipe answers, and no farther the bubble goes along. */
const SLOP = 10;
const SWIPE = 56;
const MOST_SWIPE = 76;
/** Pixels between a bubble and its menu. */
const GAP = 6;

interface Press {
  x: number;
  y: number;
  timer: unknown;
  isSwipe: boolean;
}

/** Elements with a menu of their own, and dialogs, which lie over the page though they are mounted in the row. */
const isTheirOwn = (event: React.SyntheticEvent) =>
  (event.target as HTMLElement).closest('a, textarea, input, video, audio, dialog') !== null;

/** The place beside a bubble, so that the message stays in sight under its menu. */
function besideOf(row: HTMLElement): Spot {
  const bubble = row.querySelector('[data-bubble]') ?? row;
  const { left, right, top, bottom } = bubble.getBoundingClientRect();
  const scroller = row.closest('[role="log"]');
  return {
    // As far to the side as the bubble; the menu itself keeps clear of the edge.
    x: row.dataset['mine'] === undefined ? left : right,
    y: bottom + GAP,
    above: top - GAP,
    makeRoom: (up, down) => {
      if (!scroller) return null;
      const { scrollTop, scrollHeight, clientHeight } = scroller;
      const move = scrollHeight - clientHeight - scrollTop >= up ? up : scrollTop >= down ? -down : 0;
      if (move === 0) return null;
      scroller.scrollBy(0, move);
      return { moved: move, undo: () => scroller.scrollBy(0, -move) };
    },
  };
}

/**
 * Right-click, long press and Shift+F10 all lead to the one menu of the chat. A swipe towards the start of the line and a double click beside
 * the words begin an answer. While one chooses messages, a click or a tap chooses.
 */
export function useRowGestures(item: Item, message: Message | undefined) {
  const chat = useChat();
  const messenger = useMessenger();
  const { clock } = messenger;
  const press = useRef<Press | null>(null);
  const open = (row: HTMLElement, at: Spot) => chat.openMenu({ key: item.key, id: item.id, clientId: item.clientId, at, opener: row });
  const below = (element: Element) => {
    const box = element.getBoundingClientRect();
    return { x: box.left, y: box.bottom, above: box.top };
  };
  const end = () => {
    if (press.current) clock.cancel(press.current.timer);
    press.current = null;
  };
  const isSelecting = () => messenger.store.getState().selection !== null;
  /** Moves the bubble along with the finger, as far as an answer needs. */
  const swipe = (row: HTMLElement, by: number) => {
    row.style.setProperty('--swipe', `${Math.max(-MOST_SWIPE, Math.min(0, by))}px`);
    row.toggleAttribute('data-swiped', by <= -SWIPE);
  };
  const rest = (row: HTMLElement) => {
    row.style.removeProperty('--swipe');
    row.removeAttribute('data-swiped');
  };
  return {
    fromButton: (event: React.MouseEvent<HTMLElement>) => {
      const row = event.currentTarget.closest<HTMLElement>('article');
      if (row) open(row, below(event.currentTarget));
    },
    gestures: {
      onContextMenu: (event: React.MouseEvent<HTMLElement>) => {
        if (isTheirOwn(event)) return;
        event.preventDefault();
        const keyboard = event.clientX === 0 && event.clientY === 0;
        open(event.currentTarget, keyboard ? below(event.currentTarget) : { x: event.clientX, y: event.clientY });
      },
      onKeyDown: (event: React.KeyboardEvent<HTMLElement>) => {
        if (event.target !== event.currentTarget) return;
        if (event.key === 'Enter' || (event.key === 'F10' && event.shiftKey) || event.key === 'ContextMenu') {
          event.preventDefault();
          open(event.currentTarget, below(event.currentTarget.querySelector('[data-bubble]') ?? event.currentTarget));
        }
      },
      onPointerDown: (event: React.PointerEvent<HTMLElement>) => {
        if (event.pointerType !== 'touch' || isTheirOwn(event) || isSelecting()) return;
        const row = event.currentTarget;
        const { clientX: x, clientY: y } = event;
        const ripe = () => {
          press.current = null;
          open(row, besideOf(row));
        };
        end();
        press.current = { x, y, timer: clock.after(LONG_PRESS, ripe), isSwipe: false };
      },
      onPointerMove: (event: React.PointerEvent<HTMLElement>) => {
        const start = press.current;
        if (!start) return;
        const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
        if (!start.isSwipe) {
          if (Math.hypot(dx, dy) <= SLOP) return;
          clock.cancel(start.timer);
          // The rest is scrolling, which the browser does.
          if (!message || dx > 0 || Math.abs(dx) < 2 * Math.abs(dy)) return end();
          start.isSwipe = true;
          event.currentTarget.setPointerCapture?.(event.pointerId);
        }
        swipe(event.currentTarget, dx);
      },
      onPointerUp: (event: React.PointerEvent<HTMLElement>) => {
        const isReply = press.current?.isSwipe && event.clientX - press.current.x <= -SWIPE;
        end();
        rest(event.currentTarget);
        if (isReply && message) chat.reply(message);
      },
      onPointerCancel: (event: React.PointerEvent<HTMLElement>) => {
        end();
        rest(event.currentTarget);
      },
      onDoubleClick: (event: React.MouseEvent<HTMLElement>) => {
        // A double click on a word marks the word.
        if (!message || isTheirOwn(event) || isSelecting() || (event.target as Element).closest('button, input, [data-words]')) return;
        getSelection()?.removeAllRanges();
        chat.reply(message);
      },
      onClickCapture: (event: React.MouseEvent<HTMLElement>) => {
        if (!message || !isSelecting() || (event.target as Element).closest('input')) return;
        event.preventDefault();
        event.stopPropagation();
        messenger.toggleSelected(message.id);
      },
    },
  };
}
