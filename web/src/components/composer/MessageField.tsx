import { draftOf } from '@suhbat/client';
import type { RefObject } from 'react';
import { useMessenger, useSelect, useSettings, useT } from '../app.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import { isComposing, isSendKey, sendsByEnter } from '../sendKey.ts';
import styles from './Composer.module.css';
import { EmojiButton } from './EmojiButton.tsx';

interface Props {
  field: RefObject<HTMLTextAreaElement | null>;
  /** Whether typing here is sent to the others. */
  tellsTyping: boolean;
  onSend: () => void;
  onEditLast: () => boolean;
  onFiles: (files: Iterable<File>) => void;
}

/** The text of the draft: keys, paste, emoji, and the typing that is sent to the others. */
export function MessageField({ field, tellsTyping, onSend, onEditLast, onFiles }: Props) {
  const t = useT();
  const messenger = useMessenger();
  const { id } = useChat();
  const [settings] = useSettings();
  const text = useSelect(state => draftOf(state, id).text);

  const insert = (emoji: string) => {
    const area = field.current;
    if (!area) return;
    const { selectionStart, selectionEnd } = area;
    messenger.setDraft(id, { text: text.slice(0, selectionStart) + emoji + text.slice(selectionEnd) });
    area.focus();
    requestAnimationFrame(() => area.setSelectionRange(selectionStart + emoji.length, selectionStart + emoji.length));
  };
  const keys = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (isComposing(event)) return;
    if (isSendKey(event, settings)) {
      event.preventDefault();
      onSend();
    } else if (event.key === 'ArrowUp' && text === '' && onEditLast()) {
      event.preventDefault();
    } else if (event.key === 'Escape' && draftOf(messenger.store.getState(), id).replyTo) {
      event.stopPropagation();
      messenger.setDraft(id, { replyTo: null });
    }
  };
  return (
    <div className={styles.field}>
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        aria-label={t('composer.label')}
        placeholder={t('composer.placeholder')}
        enterKeyHint={sendsByEnter(settings) ? 'send' : 'enter'}
        value={text}
        onChange={event => {
          messenger.setDraft(id, { text: event.target.value });
          if (event.target.value === '') messenger.client.stoppedTyping();
          else if (tellsTyping) messenger.client.typed(id);
        }}
        onBlur={() => messenger.stoppedWriting()}
        onKeyDown={keys}
        onPaste={event => {
          const { files: pasted, types } = event.clipboardData;
          // Office programs put a picture of their text beside it.
          if (pasted.length === 0 || types.includes('text/rtf')) return;
          event.preventDefault();
          onFiles(pasted);
        }}
      />
      <EmojiButton onPick={insert} />
    </div>
  );
}
