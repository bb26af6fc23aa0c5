import { ArrowDown, LoaderCircle } from 'lucide-react';
import { type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { draftOf } from '../../store/selectors.ts';
import controls from '../../theme/controls.module.css';
import { useMessenger, useNow, useSelect, useT } from '../app.tsx';
import { join } from '../join.ts';
import { MessageRow } from '../message/MessageRow.tsx';
import { useChat } from './ChatContext.tsx';
import styles from './History.module.css';
import { useBottom } from './useBottom.ts';
import { useDrawn, useItems } from './useItems.ts';
import { useJump } from './useJump.ts';
import { useRoving } from './useRoving.ts';

const TOP_SPACE = 56;
const AHEAD = 1_200;

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

/** What stands above the oldest row that is here. */
function Top({ id, atStart }: { id: number; atStart: boolean }) {
  const t = useT();
  const messenger = useMessenger();
  const failed = useSelect(state => state.held[id]?.older === 'error');
  if (failed) {
    return (
      <p role="alert">
        {t('chat.olderFailed')}{' '}
        <button type="button" className={controls.link} onClick={() => void messenger.history.loadOlder(id)}>
          {t('common.retry')}
        </button>
      </p>
    );
  }
  return atStart ? <p>{t('chat.beginning')}</p> : <LoaderCircle aria-hidden size={20} className={styles.turning} />;
}

/** The messages of a conversation: virtual rows, a stable view while older ones come in, stuck to the bottom while it is there. */
export function History({ name, scroller, handle, keep }: Props) {
  const t = useT();
  const messenger = useMessenger();
  const { id, focusComposer } = useChat();
  const { items, atEnd, atStart } = useItems(id);
  const older = useSelect(state => state.held[id]?.older ?? 'idle');
  const replying = useSelect(state => draftOf(state, id).replyTo !== null);
  const now = useNow(60_000);
  const virtual = useRef<VirtualizerHandle>(null);
  const placed = useRef(false);
  const drawn = useDrawn(items);
  const bottom = useBottom(scroller, atEnd);
  const { stick, toBottom, check } = bottom;
  const roving = useRoving(items, scroller, virtual);
  const { jump, jumping, flashed } = useJump(items, virtual, bottom, roving.focusKey);

  /** Comes in at the unread divider, where one left, or at the bottom. */
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
        check();
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

  useLayoutEffect(() => {
    drawn.committed();
    if (items.length === 0) return;
    if (!placed.current) {
      placed.current = true;
      place();
      return;
    }
    if (!drawn.grewBelow || drawn.shift) return;
    const newest = items.at(-1);
    const state = messenger.store.getState();
    const message = newest?.id == null ? undefined : state.held[id]?.messages.get(newest.id);
    const mine = newest?.id == null || message?.sender.id === state.userId;
    if ((stick.current && atEnd) || newest?.id == null) toBottom();
    else if (!mine && drawn.grown > 0) bottom.setBelow(count => count + drawn.grown);
  });

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

  const onScroll = () => {
    roving.restore();
    const element = scroller.current;
    if (!element) return;
    check();
    remember();
    if (jumping.current) return;
    if (element.scrollTop < AHEAD && !atStart && older !== 'error') void messenger.history.loadOlder(id);
    if (!atEnd && element.scrollHeight - element.scrollTop - element.clientHeight < AHEAD) void messenger.history.loadNewer(id);
  };

  // A page shorter than the view never scrolls, so it is filled here.
  useEffect(() => {
    const element = scroller.current;
    const fits = element && element.scrollHeight <= element.clientHeight + AHEAD;
    if (fits && !atStart && older === 'idle' && !jumping.current && items.length > 0) void messenger.history.loadOlder(id);
  }, [atStart, older, items.length, messenger, id, scroller, jumping]);

  // A reply bar makes the view lower; the last row stays in sight.
  useLayoutEffect(() => {
    if (replying && stick.current) toBottom();
  }, [replying, toBottom, stick]);

  useImperativeHandle(handle, () => ({ jump, toBottom, focusLast: roving.focusLast, focusNeighbour: roving.focusNeighbour }));

  const backToNow = () => {
    bottom.setBelow(0);
    messenger.history.backToNow(id);
    stick.current = true;
    requestAnimationFrame(() => {
      toBottom();
      requestAnimationFrame(() => {
        toBottom();
        check();
        focusComposer();
      });
    });
  };

  const mounted = useMemo(() => {
    const wanted = new Set([...keep, ...(roving.focused === null ? [] : [roving.focused])]);
    return items.flatMap((item, index) => (wanted.has(item.key) ? [index] : []));
  }, [items, keep, roving.focused]);

  return (
    <div className={styles.place} data-region="history">
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={t('chat.history', { name })}
        tabIndex={items.length === 0 ? 0 : -1}
        {...roving.handlers}
      >
        <div className={styles.filler} />
        <div className={styles.top}>
          <Top id={id} atStart={atStart} />
        </div>
        <div>
          <Virtualizer
            key={drawn.epoch}
            ref={virtual}
            scrollRef={scroller}
            data={items}
            startMargin={TOP_SPACE}
            shift={drawn.shift}
            bufferSize={600}
            keepMounted={mounted}
            onScroll={onScroll}
          >
            {item => (
              <MessageRow key={item.key} item={item} now={now} isTabStop={item.key === roving.stop} isFlashed={item.key === flashed} />
            )}
          </Virtualizer>
        </div>
      </div>
      {(bottom.away || bottom.below > 0) && (
        <button
          type="button"
          className={join(styles.down, bottom.below > 0 && styles.counted)}
          aria-label={t('chat.newBelow', { count: bottom.below })}
          onClick={backToNow}
        >
          <ArrowDown aria-hidden size={20} />
          {bottom.below > 0 && <span aria-hidden>{bottom.below}</span>}
        </button>
      )}
    </div>
  );
}
