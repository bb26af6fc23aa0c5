import { draftOf, nameOf } from '@suhbat/client';
import { Reply, X } from 'lucide-react';
import controls from '../../theme/controls.module.css';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import styles from './Composer.module.css';

/** The message that is being answered, above the field. */
export function ReplyBar() {
  const { t, wordsOf } = useLanguage();
  const messenger = useMessenger();
  const chat = useChat();
  const reply = useSelect(state => draftOf(state, chat.id).replyTo);
  const userId = useSelect(state => state.userId);
  if (!reply) return null;
  return (
    <div className={styles.reply}>
      <Reply aria-hidden size={18} />
      <button type="button" className={styles.replyWords} onClick={() => chat.jump(reply.id)}>
        <span className={styles.replyName} dir="auto">
          {reply.sender.id === userId ? t('message.replyToOwn') : t('message.replyTo', { name: nameOf(reply.sender) })}
        </span>
        <span className={styles.replyText} dir="auto">
          {wordsOf(reply.content)}
        </span>
      </button>
      <button
        type="button"
        className={controls.icon}
        aria-label={t('composer.cancelReply')}
        onClick={() => {
          messenger.setDraft(chat.id, { replyTo: null });
          chat.focusComposer();
        }}
      >
        <X aria-hidden size={18} />
      </button>
    </div>
  );
}
