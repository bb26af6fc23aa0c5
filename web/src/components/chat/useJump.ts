import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { useLanguage, useMessenger } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { useChat } from './ChatContext.tsx';
import type { Item } from './items.ts';
import type { Bottom } from './useBottom.ts';

const FLASH = 2_000;

/** Leads to any message of the conversation: loads its neighbourhood, waits for the layout, scrolls once, flashes, takes the focus. */
export function useJump(
  items: readonly Item[],
  virtual: RefObject<VirtualizerHandle | null>,
  { stick, check }: Bottom,
  focusKey: (key: string) => void,
) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const { id } = useChat();
  const { toast } = useAnnounce();
  // While one runs, nothing pages.
  const jumping = useRef(false);
  const [target, setTarget] = useState<number | null>(null);
  const [flashed, setFlashed] = useState<string | null>(null);

  useLayoutEffect(() => {
    const index = target === null ? -1 : items.findIndex(item => item.id === target);
    const item = items[index];
    if (!item) {
      // Not drawn after all: paging goes on, and may bring it.
      if (target !== null) jumping.current = false;
      return;
    }
    jumping.current = true;
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
          jumping.current = false;
          check();
        });
      }),
    );
  }, [target, items, virtual, stick, check, focusKey, messenger]);

  const jump = useCallback(
    (messageId: number) => {
      jumping.current = true;
      void messenger.history.reach(id, messageId).then(found => {
        setTarget(found === 'here' ? messageId : null);
        if (found === 'here') return;
        jumping.current = false;
        toast(found === 'gone' ? t('chat.gone') : refusal('network'));
      });
    },
    [messenger, id, toast, t, refusal],
  );
  return { jump, jumping, flashed };
}
