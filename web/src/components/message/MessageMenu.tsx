import type { Message } from '@suhbat/client';
import { CircleCheck, Copy, Info, Pencil, Pin, PinOff, Reply, Trash2 } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { codeOf, useLanguage, useMessenger, useNow, useSelect } from '../app.tsx';
import { type MenuTarget, useChat } from '../chat/ChatContext.tsx';
import { Menu, type MenuItem } from '../overlays/Menu.tsx';
import { useAnnounce, useCopy } from '../status/Announcer.tsx';
import { useReceipts } from './useReceipts.ts';

/** `4:32`, as long as a message may still be edited. */
export function timeLeft(deadline: string | null, now: number): string | null {
  const left = deadline === null ? -1 : Date.parse(deadline) - now;
  if (left < 0) return null;
  const seconds = Math.floor(left / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

interface Props {
  target: MenuTarget;
  onClose: () => void;
  onInfo: (message: Message) => void;
  onDelete: (message: Message) => void;
}

/** The one menu of the chat, for whichever message it was opened. */
export function MessageMenu({ target, onClose, onInfo, onDelete }: Props) {
  const { t, refusal } = useLanguage();
  const copyText = useCopy();
  const messenger = useMessenger();
  const chat = useChat();
  const { toast } = useAnnounce();
  const userId = useSelect(state => state.userId);
  const message = useSelect(state => (target.id === null ? undefined : state.held[chat.id]?.messages.get(target.id)));
  const details = useSelect(state => state.held[chat.id]?.details);
  const entry = useSelect(state => state.outbox[chat.id]?.find(other => other.clientId === target.clientId));
  const mine = message?.sender.id === userId;
  const receipts = useReceipts(message);
  const now = useNow(1_000, mine);
  const at = useMemo(() => target.at, [target]);

  const items: MenuItem[] = [];
  const copy = (text: string): MenuItem => ({
    id: 'copy',
    label: t('message.copy'),
    icon: <Copy aria-hidden size={18} />,
    run: () => copyText(text),
  });
  if (message) {
    const left = mine && message.content !== null ? timeLeft(message.edit_deadline, now) : null;
    if (details?.can_send) {
      items.push({
        id: 'reply',
        label: t('message.reply'),
        icon: <Reply aria-hidden size={18} />,
        run: () => chat.reply(message),
      });
    }
    if (message.content?.trim()) items.push(copy(message.content));
    if (left !== null) {
      items.push({
        id: 'edit',
        label: t('message.edit', { left }),
        icon: <Pencil aria-hidden size={18} />,
        run: () => chat.edit(message.id),
      });
    }
    if (details?.can_pin) {
      items.push({
        id: 'pin',
        label: t(message.is_pinned ? 'message.unpin' : 'message.pin'),
        icon: message.is_pinned ? <PinOff aria-hidden size={18} /> : <Pin aria-hidden size={18} />,
        run: () => void messenger.pin(message, !message.is_pinned).catch(error => toast(refusal(codeOf(error)))),
      });
    }
    items.push({
      id: 'select',
      label: t('message.select'),
      icon: <CircleCheck aria-hidden size={18} />,
      run: () => messenger.toggleSelected(message.id),
    });
    items.push({
      id: 'info',
      label: t('message.info'),
      icon: <Info aria-hidden size={18} />,
      ...(receipts ? { hint: receipts } : {}),
      run: () => onInfo(message),
    });
    if (mine) {
      items.push({
        id: 'delete',
        label: t('common.delete'),
        icon: <Trash2 aria-hidden size={18} />,
        danger: true,
        run: () => onDelete(message),
      });
    }
  } else if (entry?.content) {
    items.push(copy(entry.content));
  }
  const isEmpty = items.length === 0;
  useEffect(() => {
    if (isEmpty) onClose();
  }, [isEmpty, onClose]);
  if (isEmpty) return null;
  return <Menu label={t('message.menu')} items={items} at={at} opener={target.opener} onClose={onClose} />;
}
