import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useLanguage, useMessenger } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { useChat } from './ChatContext.tsx';
import type { Item } from './items.ts';
import type { Bottom } from './useStickToBottom.ts';

const FLASH = 2_000;

/** Leads to any message of the conversation: loads its neighbourhood, waits for the layout, scrolls once, flashes, takes the focus. */
export function useJump(items: readonly Item[], { travel }: Bottom, focusKey: (key: string) => void) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const { id } = useChat();
  const { toast } = useAnnounce();
  // While one runs, nothing pages.
  const jumping = useRef(false);
  const [target, setTarget] = useState<number | null>(null);
  const [flashed, setFlashed] = useState<string | null>(null);
  /** The messages that one came from, the last at the end: the way down leads back to them. */
  const [returns, setReturns] = useState<readonly number[]>([]);

  useLayoutEffect(() => {
    if (target === null) return;
    const item = items.find(one => one.id === target);
    if (!item) {
      // Not drawn after all: paging goes on, and may bring it.
      jumping.current = false;
      return;
    }
    jumping.current = true;
    setTarget(null);
    void travel(item.key, { align: 'center' }).then(reached => {
      jumping.current = false;
      if (!reached) return;
      setFlashed(item.key);
      focusKey(item.key);
      messenger.clock.after(FLASH, () => setFlashed(old => (old === item.key ? null : old)));
    });
  }, [target, items, travel, focusKey, messenger]);

  const jump = useCallback(
    (messageId: number, from: number | null) => {
      if (from !== null) setReturns(old => [...old, from]);
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
  /** Goes back to the message that one jumped from last; false where there is none. */
  const jumpBack = useCallback((): boolean => {
    const last = returns.at(-1);
    if (last === undefined) return false;
    setReturns(returns.slice(0, -1));
    jump(last, null);
    return true;
  }, [returns, jump]);
  const forget = useCallback(() => setReturns(old => (old.length > 0 ? [] : old)), []);
  return { jump, jumpBack, forget, hasReturn: returns.length > 0, jumping, flashed };
}
