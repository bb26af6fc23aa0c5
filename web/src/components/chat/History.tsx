import { ArrowDown, LoaderCircle } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { draftOf, entriesOf, isAtEnd, isAtStart, messageIds } from '../../store/selectors.ts';
import controls from '../../theme/controls.module.css';
import { useMessenger, useNow, useSelect, useT } from '../app.tsx';
import { join } from '../join.ts';
import { MessageRow } from '../message/MessageRow.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { useHeldFocus } from '../useHeldFocus.ts';
import { useChat } from './ChatContext.tsx';
import styles from './History.module.css';
import { type Item, itemsOf } from './items.ts';

const TOP_SPACE = 56;
const AHEAD = 1_200;
const TOLERANCE = 2;
const FLASH = 2_000;

export interface HistoryHandle {
  jump: (messageId: number) => void;
  toBottom: () => void;
  focusLast: () => void;
  focusNeighbour: (key: string) => void;
}

interface Props {
  name: string;
  scroller: RefObject<HTMLDivElement | null>;
  handle: RefObject<HistoryHandle | null>;
  keep: readonly string[];
}

/** Where each conversation was left: the row at the top, and how far it was scrolled out. */
const places = new Map<number, { key: string; offset: number }>();

function useItems(id: number): { items: Item[]; atEnd: boolean; atStart: boolean } {
  const messenger = useMessenger();
  const ids = useSelect(state => messageIds(state, id));
  const entries = useSelect(state => entriesOf(state, id));
  const atStart = useSelect(state => isAtStart(state, id));
  const atEnd = useSelect(state => isAtEnd(state, id));
  const divider = useSelect(state => state.held[id]?.divider ?? null);
  const items = useMemo(() => {
    const state = messenger.store.getState();
    const held = state.held[id];
    return held ? itemsOf({ ...held, divider }, ids, atStart, atEnd, entries, state.userId) : [];
  }, [messenger, id, ids, entries, atStart, atEnd, divider]);
  return { items, atEnd, atStart };
}

/** The messages of a conversation: virtual rows, a stable view while older ones come in, stuck to the bottom while it is there. */
export function History({ name, scroller, handle, keep }: Props) {
  const t = useT();
  const messenger = useMessenger();
  const chat = useChat();
  const { id } = chat;
  const { toast } = useAnnounce();
  const { items, atEnd, atStart } = useItems(id);
  const older = useSelect(state => state.held[id]?.older ?? 'idle');
  const replying = useSelect(state => draftOf(state, id).replyTo !== null);
  const now = useNow(60_000);
  const virtual = useRef<VirtualizerHandle>(null);
  const stick = useRef(true);
  const lastOffset = useRef(0);
  const jumping = useRef(0);
  const placed = useRef(false);
  const [away, setAway] = useState(false);
  const [below, setBelow] = useState(0);
  const [focused, setFocused] = useState<string | null>(null);
  const [flashed, setFlashed] = useState<string | null>(null);
  const [target, setTarget] = useState<{ id: number } | null>(null);

  // `shift` holds only in the render whose first key changed because older rows were put in front.
  const drawn = useRef<{ first: string | undefined; last: string | undefined; size: number; epoch: number }>({
    first: undefined,
    last: undefined,
    size: 0,
    epoch: 0,
  });
  const first = items[0]?.key;
  const before = drawn.current;
  const sameEnd = before.first === undefined || items.some(item => item.key === before.first || item.key === before.last);
  const epoch = sameEnd ? before.epoch : before.epoch + 1;
  const shift = sameEnd && before.first !== undefined && before.first !== first && items.length > before.size;
  const grewBelow = sameEnd && before.last !== undefined && before.last !== items.at(-1)?.key;

  const toBottom = useCallback(() => {
    stick.current = true;
    const element = scroller.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [scroller]);

  useLayoutEffect(() => {
    const grown = items.length - before.size;
    drawn.current = { first, last: items.at(-1)?.key, size: items.length, epoch };
    if (items.length === 0) return;
    if (!placed.current) {
      placed.current = true;
      place();
      return;
    }
    if (!grewBelow || shift) return;
    const newest = items.at(-1);
    const state = messenger.store.getState();
    const message = newest?.id == null ? undefined : state.held[id]?.messages.get(newest.id);
    const mine = newest?.id == null || message?.sender.id === state.userId;
    if (stick.current && atEnd) toBottom();
    else if (mine && newest?.id == null) toBottom();
    else if (!mine && grown > 0) setBelow(count => count + grown);
  });

  const place = () => {
    const divider = items.findIndex(item => item.divider);
    const left = places.get(id);
    const at = left ? items.findIndex(item => item.key === left.key) : -1;
    const settle = (action: () => void) => {
      action();
      requestAnimationFrame(() => requestAnimationFrame(action));
    };
    if (divider >= 0) {
      stick.current = false;
      settle(() => {
        virtual.current?.scrollToIndex(divider, { align: 'start', offset: -TOP_SPACE });
        checkBottom();
      });
    } else if (left && at >= 0) {
      stick.current = false;
      settle(() => virtual.current?.scrollToIndex(at, { align: 'start', offset: left.offset }));
    } else {
      settle(() => {
        if (stick.current) toBottom();
      });
    }
  };

  const checkBottom = () => {
    const element = scroller.current;
    if (!element) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    const atBottom = distance <= TOLERANCE && atEndNow.current;
    // A row that grew is no reason to let go; only moving up is.
    if (atBottom) stick.current = true;
    else if (element.scrollTop < lastOffset.current - TOLERANCE) stick.current = false;
    lastOffset.current = element.scrollTop;
    setAway(!stick.current && (distance > 160 || !atEndNow.current));
    if (atBottom) setBelow(0);
  };
  const atEndNow = useRef(atEnd);
  atEndNow.current = atEnd;

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    checkBottom();
    remember();
    if (jumping.current > 0) return;
    if (element.scrollTop < AHEAD && !atStart && older !== 'error') void messenger.history.loadOlder(id);
    if (!atEnd && element.scrollHeight - element.scrollTop - element.clientHeight < AHEAD) void messenger.history.loadNewer(id);
  };

  const remember = () => {
    const element = scroller.current;
    const list = virtual.current;
    if (!element || !list) return;
    if (stick.current) {
      places.delete(id);
      return;
    }
    const index = list.findItemIndex(Math.max(0, element.scrollTop - TOP_SPACE));
    const item = items[index];
    if (item) places.set(id, { key: item.key, offset: element.scrollTop - TOP_SPACE - list.getItemOffset(index) });
  };

  // A page shorter than the view never scrolls, so it is filled here.
  useEffect(() => {
    const element = scroller.current;
    if (
      element &&
      !atStart &&
      older === 'idle' &&
      jumping.current === 0 &&
      items.length > 0 &&
      element.scrollHeight <= element.clientHeight + AHEAD
    ) {
      void messenger.history.loadOlder(id);
    }
  }, [atStart, older, items.length, messenger, id, scroller]);

  // Growing rows, pictures and the keyboard: what was at the bottom stays there.
  useEffect(() => {
    const element = scroller.current;
    const content = element?.lastElementChild;
    if (!element || !content) return undefined;
    const observer = new ResizeObserver(() => {
      if (stick.current) toBottom();
    });
    observer.observe(element);
    observer.observe(content);
    return () => observer.disconnect();
  }, [scroller, toBottom, epoch]);

  // A reply bar makes the view lower; the last row stays in sight.
  useLayoutEffect(() => {
    if (replying && stick.current) toBottom();
  }, [replying, toBottom]);

  const focusKey = useCallback(
    (key: string) => {
      setFocused(key);
      requestAnimationFrame(() =>
        scroller.current?.querySelector<HTMLElement>(`article[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true }),
      );
    },
    [scroller],
  );

  useLayoutEffect(() => {
    if (!target) return;
    const index = items.findIndex(item => item.id === target.id);
    const item = items[index];
    if (!item) return;
    setTarget(null);
    stick.current = false;
    const go = () => virtual.current?.scrollToIndex(index, { align: 'center' });
    go();
    // Rows get their true height once they were drawn; then the second call lands exactly.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        go();
        setFlashed(item.key);
        focusKey(item.key);
        messenger.clock.after(FLASH, () => setFlashed(old => (old === item.key ? null : old)));
        requestAnimationFrame(() => {
          jumping.current -= 1;
          checkBottom();
        });
      }),
    );
  }, [target, items]);

  const jump = useCallback(
    (messageId: number) => {
      jumping.current += 1;
      void messenger.history.reach(id, messageId).then(found => {
        if (found) setTarget({ id: messageId });
        else {
          jumping.current -= 1;
          toast(t('chat.gone'));
        }
      });
    },
    [messenger, id, toast, t],
  );

  useImperativeHandle(
    handle,
    () => ({
      jump,
      toBottom,
      focusLast: () => {
        const key = focused && items.some(item => item.key === focused) ? focused : items.at(-1)?.key;
        if (key) focusKey(key);
      },
      focusNeighbour: key => {
        const at = items.findIndex(item => item.key === key);
        const neighbour = items[at + 1] ?? items[at - 1];
        if (neighbour) focusKey(neighbour.key);
        else chat.focusComposer();
      },
    }),
    [jump, toBottom, items, focused, focusKey, chat],
  );

  const backToNow = () => {
    setBelow(0);
    messenger.history.backToNow(id);
    stick.current = true;
    requestAnimationFrame(() => {
      toBottom();
      requestAnimationFrame(() => {
        toBottom();
        checkBottom();
        chat.focusComposer();
      });
    });
  };

  const stopKey = focused !== null && items.some(item => item.key === focused) ? focused : items.at(-1)?.key;
  const move = (event: React.KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest('article');
    if (row !== event.target || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = items.findIndex(item => item.key === row?.dataset['key']);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items.length - 1 }[event.key];
    const next = to === undefined ? undefined : items[Math.max(0, Math.min(items.length - 1, to))];
    if (!next || to === undefined) return;
    event.preventDefault();
    virtual.current?.scrollToIndex(items.indexOf(next), { align: 'nearest' });
    focusKey(next.key);
  };

  const heldFocus = useHeldFocus(scroller, () =>
    focused === null ? null : scroller.current?.querySelector<HTMLElement>(`article[data-key="${CSS.escape(focused)}"]`),
  );

  const mounted = useMemo(() => {
    const wanted = new Set([...keep, ...(focused === null ? [] : [focused])]);
    return items.flatMap((item, index) => (wanted.has(item.key) ? [index] : []));
  }, [items, keep, focused]);

  return (
    <div className={styles.place} data-region="history">
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={t('chat.history', { name })}
        tabIndex={items.length === 0 ? 0 : -1}
        onKeyDown={move}
        {...heldFocus.handlers}
        onFocus={event => {
          const key = (event.target as HTMLElement).closest('article')?.dataset['key'];
          if (key) setFocused(key);
        }}
      >
        <div className={styles.filler} />
        <div className={styles.top}>
          {older === 'error' ? (
            <p role="alert">
              {t('chat.olderFailed')}{' '}
              <button type="button" className={controls.link} onClick={() => void messenger.history.loadOlder(id)}>
                {t('common.retry')}
              </button>
            </p>
          ) : atStart ? (
            <p>{t('chat.beginning')}</p>
          ) : (
            <LoaderCircle aria-hidden size={20} className={styles.turning} />
          )}
        </div>
        <div>
          <Virtualizer
            key={epoch}
            ref={virtual}
            scrollRef={scroller}
            data={items}
            startMargin={TOP_SPACE}
            shift={shift}
            bufferSize={600}
            keepMounted={mounted}
            onScroll={() => {
              heldFocus.restore();
              onScroll();
            }}
          >
            {item => <MessageRow key={item.key} item={item} now={now} isTabStop={item.key === stopKey} isFlashed={item.key === flashed} />}
          </Virtualizer>
        </div>
      </div>
      {(away || below > 0) && (
        <button
          type="button"
          className={join(styles.down, below > 0 && styles.counted)}
          aria-label={t('chat.newBelow', { count: below })}
          onClick={backToNow}
        >
          <ArrowDown aria-hidden size={20} />
          {below > 0 && <span aria-hidden>{below}</span>}
        </button>
      )}
    </div>
  );
}
