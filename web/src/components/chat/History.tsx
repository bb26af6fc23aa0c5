import { ArrowDown } from 'lucide-react';
import { type RefObject, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { draftOf } from '../../store/selectors.ts';
import { useMessenger, useNow, useSelect, useT } from '../app.tsx';
import { join } from '../join.ts';
import { MessageRow } from '../message/MessageRow.tsx';
import { useChat } from './ChatContext.tsx';
import { Edge } from './Edge.tsx';
import styles from './History.module.css';
import { useBottom } from './useBottom.ts';
import { useDrawn, useItems } from './useItems.ts';
import { useJump } from './useJump.ts';
import { TOP_SPACE, usePlace } from './usePlace.ts';
import { useRoving } from './useRoving.ts';

const AHEAD = 1_200;

export interface HistoryHandle {
  jump: (messageId: number) => void;
  focusNeighbour: (key: string) => void;
}

interface Props {
  name: string;
  scroller: RefObject<HTMLDivElement | null>;
  handle: RefObject<HistoryHandle | null>;
  keep: readonly string[];
}

/** The messages of a conversation: virtual rows, a stable view while older ones come in, stuck to the bottom while it is there. */
export function History({ name, scroller, handle, keep }: Props) {
  const t = useT();
  const messenger = useMessenger();
  const { id, focusComposer } = useChat();
  const { items, atEnd, atStart } = useItems(id);
  const older = useSelect(state => state.held[id]?.older ?? 'idle');
  const isNow = useSelect(state => state.held[id]?.anchor === null);
  const replying = useSelect(state => draftOf(state, id).replyTo !== null);
  const now = useNow(60_000);
  const virtual = useRef<VirtualizerHandle>(null);
  const placed = useRef(false);
  const drawn = useDrawn(items, atEnd);
  const bottom = useBottom(items, atEnd, scroller, virtual);
  const { stick, toBottom, check } = bottom;
  const roving = useRoving(items, scroller, virtual);
  const { jump, jumping, flashed } = useJump(items, bottom, roving.focusKey);
  const place = usePlace(id, items, scroller, virtual, bottom);

  useLayoutEffect(() => {
    drawn.committed();
    if (items.length === 0) return;
    if (!placed.current) {
      placed.current = true;
      place.enter();
    } else if (drawn.isAnother) {
      // A jump leads to its own message; back from there, by the button or by writing, the way is to the bottom.
      if (!isNow) return;
      bottom.setBelow(0);
      toBottom();
    } else if (drawn.wrote || (stick.current && drawn.arrived.length > 0)) {
      toBottom();
    } else {
      const others = drawn.arrived.filter(item => !item.mine).length;
      if (others > 0) bottom.setBelow(count => count + others);
    }
  });

  const onScroll = () => {
    roving.restore();
    const element = scroller.current;
    if (!element) return;
    check();
    place.remember();
    if (jumping.current) return;
    if (element.scrollTop < AHEAD && !atStart) void messenger.history.loadOlder(id);
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

  useImperativeHandle(handle, () => ({ jump, focusNeighbour: roving.focusNeighbour }));

  const backToNow = () => {
    bottom.setBelow(0);
    messenger.history.backToNow(id);
    toBottom();
    focusComposer();
  };

  const mounted = useMemo(() => {
    const wanted = new Set<string | undefined>([...keep, roving.kept]);
    return items.flatMap((item, index) => (wanted.has(item.key) ? [index] : []));
  }, [items, keep, roving.kept]);

  return (
    <div className={styles.place} data-region="history">
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={t('chat.history', { name })}
        {...roving.handlers}
      >
        <div className={styles.filler} />
        {atStart ? (
          <p className={styles.edge}>{t('chat.beginning')}</p>
        ) : (
          <Edge id={id} way="older" onRetry={() => roving.focusKey(items[0]?.key)} />
        )}
        <div className={styles.rows}>
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
              <MessageRow
                key={item.key}
                item={item}
                now={now}
                isTabStop={roving.isInside && item.key === roving.stop}
                isFlashed={item.key === flashed}
              />
            )}
          </Virtualizer>
          {!atEnd && <Edge id={id} way="newer" onRetry={() => roving.focusKey(items.at(-1)?.key)} />}
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
