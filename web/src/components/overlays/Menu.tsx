import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { join } from '../../theme/theme.ts';
import { giveBackFocus } from '../focus.ts';
import styles from './Menu.module.css';

export interface MenuItem {
  id: string;
  label: string;
  icon: ReactNode;
  danger?: boolean;
  /** One of several that are on or off. */
  checked?: boolean;
  /** In small below the label. */
  hint?: string;
  run: () => void;
}

/** The point at which a menu opens, and the one for opening upwards when there is no room below. */
export interface Spot {
  x: number;
  y: number;
  above?: number;
  /**
   * Moves what the menu belongs to, where there is room on neither side of it: up by at least the first number of pixels, or down by at least
   * the second. Gives the way back, and how far it went up.
   */
  makeRoom?: (up: number, down: number) => { moved: number; undo: () => void } | null;
}

interface Props {
  label: string;
  /** Above the items, for the eyes; the label says the same. */
  head?: ReactNode;
  items: readonly MenuItem[];
  at: Spot;
  /** The element that gets the focus back. */
  opener: HTMLElement | null;
  onClose: () => void;
}

const MARGIN = 8;

/** The API for the system's closing gesture, such as Back on a phone: not every browser has it, and the types do not know it yet. */
interface Closing {
  CloseWatcher?: new () => { onclose: (() => void) | null; destroy: () => void };
}

/**
 * A menu in the top layer, at a point. Arrows, Home, End and first letters move; Esc, Tab and a press elsewhere close. An automatic popover
 * would close when the finger is lifted that opened it: whatwg/html#10905.
 */
export function Menu({ label, head, items, at, opener, onClose }: Props) {
  const menu = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  const chosen = useRef<(() => void) | null>(null);

  useLayoutEffect(() => {
    const element = menu.current;
    if (!element) return;
    element.showPopover();
    // Not its box, which is smaller while the menu appears.
    const { offsetWidth: width, offsetHeight: height } = element;
    element.style.left = `${Math.max(MARGIN, Math.min(at.x, window.innerWidth - width - MARGIN))}px`;
    const above = at.above ?? at.y;
    const [lacksBelow, lacksAbove] = [at.y + height + MARGIN - window.innerHeight, height + MARGIN - above];
    const room = lacksBelow > 0 && lacksAbove > 0 ? at.makeRoom?.(lacksBelow, lacksAbove) : null;
    const [y, end] = [at.y - (room?.moved ?? 0), above - (room?.moved ?? 0)];
    const top = y + height + MARGIN <= window.innerHeight ? y : end - height;
    element.style.top = `${Math.max(MARGIN, Math.min(top, window.innerHeight - height - MARGIN))}px`;
    return room?.undo;
  }, [at]);

  // An item may go while it has the focus, at the end of its time.
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each menu, and each number of items
  useLayoutEffect(() => {
    if (menu.current?.contains(document.activeElement)) return;
    menu.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus({ preventScroll: true });
  }, [at, items.length]);

  useEffect(() => {
    const press = (event: PointerEvent) => {
      if (!(event.target instanceof Node && menu.current?.contains(event.target))) close.current();
    };
    document.addEventListener('pointerdown', press, true);
    const { CloseWatcher } = window as Closing;
    const watcher = CloseWatcher && new CloseWatcher();
    if (watcher) watcher.onclose = () => close.current();
    return () => {
      watcher?.destroy();
      document.removeEventListener('pointerdown', press, true);
      // Unless it went where a key led it.
      if (document.activeElement === document.body) giveBackFocus(opener);
      chosen.current?.();
    };
  }, [opener]);

  const move = (event: React.KeyboardEvent) => {
    const all = [...(menu.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go = (index: number) => all[(index + all.length) % all.length]?.focus();
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else if (event.key.length === 1) {
      const letter = event.key.toLocaleLowerCase();
      const next = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(item =>
        item.textContent?.trim().toLocaleLowerCase().startsWith(letter),
      );
      next?.focus();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={menu}
      popover="manual"
      role="menu"
      aria-label={label}
      className={styles.menu}
      tabIndex={-1}
      onKeyDown={move}
      onBlur={({ currentTarget, relatedTarget }) => {
        // A finger that is lifted from the opener focuses it.
        if (relatedTarget && !currentTarget.contains(relatedTarget) && !opener?.contains(relatedTarget)) onClose();
      }}
    >
      {head && (
        <div className={styles.head} aria-hidden="true">
          {head}
        </div>
      )}
      {items.map(item => (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: it has one of two roles
        <button
          key={item.id}
          type="button"
          role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
          aria-checked={item.checked}
          tabIndex={-1}
          className={join(styles.item, item.danger && styles.danger)}
          onClick={() => {
            // Runs after the focus went back, so that an overlay that it opens takes the focus from there.
            chosen.current = item.run;
            onClose();
          }}
        >
          {item.icon}
          <span>
            {item.label}
            {item.hint && <small className={styles.hint}>{item.hint}</small>}
          </span>
        </button>
      ))}
    </div>
  );
}
