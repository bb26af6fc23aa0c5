import { type RefObject, useImperativeHandle, useMemo, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useMessenger, useNow, useT } from '../app.tsx';
import { MessageRow } from '../message/MessageRow.tsx';
import { useChat } from './ChatContext.tsx';
import { DownButton } from './DownButton.tsx';
import { Edge } from './Edge.tsx';
import styles from './History.module.css';
import { TOP_SPACE } from './items.ts';
import { useFollow } from './useFollow.ts';
import { useItems, useListDiff } from './useItems.ts';
import { useJump } from './useJump.ts';
import { usePaging } from './usePaging.ts';
import { useRoving } from './useRoving.ts';
import { useScrollPosition } from './useScrollPosition.ts';
import { useStickToBottom } from './useStickToBottom.ts';

export interface HistoryHandle {
  jump: (messageId: number, from: number | null) => void;
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
  const now = useNow(60_000);
  const virtual = useRef<VirtualizerHandle>(null);
  const drawn = useListDiff(items, atEnd);
  const bottom = useStickToBottom(items, atEnd, scroller, virtual);
  const roving = useRoving(items, scroller, virtual);
  const { jump, jumpBack, forget, hasReturn, jumping, flashed } = useJump(items, bottom, roving.focusKey);
  const place = useScrollPosition(id, items, scroller, virtual, bottom);
  const loadNear = usePaging(id, { rows: items.length, atStart, atEnd }, scroller, jumping);
  useFollow(id, items.length > 0, drawn, bottom, place.enter);
  useImperativeHandle(handle, () => ({ jump, focusNeighbour: roving.focusNeighbour }));

  const onScroll = () => {
    roving.restore();
    bottom.check();
    place.remember();
    loadNear();
    // Who has scrolled down by themselves is where they wanted to be.
    if (bottom.stick.current) forget();
  };

  const backToNow = () => {
    if (jumpBack()) return;
    messenger.history.backToNow(id);
    bottom.toBottom();
    // On a touch screen the keyboard would cover the newest messages.
    if (matchMedia('(hover: hover)').matches) focusComposer();
    else scroller.current?.focus({ preventScroll: true });
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
      {(bottom.away || bottom.unseen > 0) && <DownButton unseen={bottom.unseen} isReturn={hasReturn} onClick={backToNow} />}
    </div>
  );
}
