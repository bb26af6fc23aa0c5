import type { Message } from '../../client/index.ts';
import { dayKey } from '../../i18n/dates.ts';
import { receiptsOf } from '../../store/messages.ts';
import { nameOf } from '../../store/selectors.ts';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';

/** Who received my message, who saw it, and when, in words; empty for one of others and one that nobody has yet. */
export function useReceipts(message: Message | undefined): string {
  const { t, names, dates } = useLanguage();
  const { client } = useMessenger();
  return useSelect(state => {
    const held = message && state.held[message.conversation];
    if (!held || message.sender.id !== state.userId) return '';
    const when = (at: string) => (dayKey(at) === dayKey(message.created_at) ? dates.time(at) : dates.moment(at, client.serverTime.now()));
    const words = receiptsOf(message, held, state.userId).map(({ user, delivered_at, read_at }) => {
      const name = nameOf(user);
      if (read_at) return t('message.seenAt', { name, time: when(read_at) });
      return delivered_at ? t('message.deliveredAt', { name, time: when(delivered_at) }) : t('message.deliveredTo', { name });
    });
    return names(words);
  });
}
