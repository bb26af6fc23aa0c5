import { useEffect, useRef } from 'react';
import { useMessenger } from '../app.tsx';
import { isTyping } from '../focus.ts';
import { canSearch } from '../search/opening.ts';

interface Wishes {
  current: number | null;
  navigate: (path: string) => void;
  onHelp: () => void;
  /** Whether a search is open: it has an Esc of its own. */
  isSearch: boolean;
  /** Opens the search everywhere (null), or in a conversation. */
  onSearch: (within: number | null) => void;
}

const REGIONS = ['list', 'header', 'search', 'people', 'history', 'composer'];
const STOPS = '[tabindex="0"], textarea, input:not([hidden]), button:not([tabindex="-1"]), a[href]:not([tabindex="-1"])';

const isShown = (element: HTMLElement) => element.offsetParent !== null;

/** The element to focus in each part, where there is one; else its first stop, or the part itself. */
const FIRST: Record<string, string> = { list: '[data-row][tabindex="0"]', composer: 'textarea' };

/** F6 walks through the parts of the page that are there. */
function nextRegion(back: boolean): void {
  const regions = REGIONS.flatMap(name => [...document.querySelectorAll<HTMLElement>(`[data-region="${name}"]`)]).filter(isShown);
  const at = regions.findIndex(region => region.contains(document.activeElement));
  const others = [...regions.slice(at + 1), ...regions.slice(0, Math.max(at, 0))];
  // A part where nothing takes the focus is passed over.
  for (const next of back ? others.toReversed() : others) {
    const first = FIRST[next.dataset['region'] ?? ''];
    const stops = [...(first ? next.querySelectorAll<HTMLElement>(first) : []), ...next.querySelectorAll<HTMLElement>(STOPS)];
    (stops.find(isShown) ?? next).focus();
    if (next.contains(document.activeElement)) return;
  }
}

/** Keys that work everywhere. */
export function useShortcuts(wishes: Wishes): void {
  const messenger = useMessenger();
  const latest = useRef(wishes);
  latest.current = wishes;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { current, isSearch, navigate, onHelp, onSearch } = latest.current;
      const letter = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : '';
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
      // The browser closes it, unless the key was taken.
      if (event.key === 'Escape' && document.querySelector('[data-picker]')) return;
      if (letter === 'k') onSearch(null);
      // Pressed again in the field, it is the browser's own.
      else if (letter === 'f' && current !== null && canSearch(messenger.store.getState()) && document.activeElement?.id !== 'search') {
        onSearch(current);
      } else if (event.key === 'F6') {
        nextRegion(event.shiftKey);
      } else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
        const { ids } = messenger.store.getState().list;
        const at = current === null ? -1 : ids.indexOf(current);
        const next = ids[Math.max(0, Math.min(ids.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)))];
        if (next !== undefined) navigate(`/c/${next}`);
      } else if (event.key === '?' && !isTyping(event.target)) {
        onHelp();
      } else if (event.key === 'Escape' && current !== null && !isSearch) {
        document.querySelector<HTMLElement>('[data-region="composer"] textarea')?.focus();
      } else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [messenger]);
}
