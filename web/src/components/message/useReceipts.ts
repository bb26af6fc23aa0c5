import type { Message } from '@suhbat/client';
import { nameOf, receiptsOf } from '@suhbat/client';
import { useMemo } from 'react';
import { dayKey } from '../../i18n/dates.ts';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';

/** The receipts of my message as text; empty for a message of others and one without receipts. */
export function useReceipts(message: Message | undefined): string {
  const { t, names, dates } = useLanguage();
  const { client, store } = useMessenger();
  const mine = useSelect(state => (message?.sender.id === state.userId ? message : undefined));
  const marks = useSelect(state => mine && state.held[mine.conversation]?.marks);
  const details = useSelect(state => mine && state.held[mine.conversation]?.details);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is held changes with every message, the receipts with these only
  return useMemo(() => {
    const { held, userId } = store.getState();
    const known = mine && held[mine.conversation];
    if (!known) return '';
    const when = (at: string) => (dayKey(at) === dayKey(mine.created_at) ? dates.time(at) : dates.moment(at, client.serverTime.now()));
    const words = receiptsOf(mine, known, userId).map(({ user, delivered_at, read_at }) => {
      const name = nameOf(user);
      if (read_at) return t('message.seenAt', { name, time: when(read_at) });
      return delivered_at ? t('message.deliveredAt', { name, time: when(delivered_at) }) : t('message.deliveredTo', { name });
    });
    return names(words);
  }, [mine, marks, details, t, names, dates, client, store]);
}
