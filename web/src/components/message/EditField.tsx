import { isBlank, type Message, wellFormed } from '@suhbat/client';
import { useEffect, useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { codeOf, useLanguage, useMessenger, useNow, useSelect, useSettings } from '../app.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import { Counter, useLeft } from '../composer/Counter.tsx';
import { isFocusLost } from '../focus.ts';
import { isComposing, isSendKey } from '../sendKey.ts';
import { useAnnounce } from '../status/Announcer.tsx';
import styles from './EditField.module.css';

/** Editing inside the bubble. The text lives in the store; when the time runs out it stays, and can go as a new message. */
export function EditField({ message }: { message: Message }) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const chat = useChat();
  const { toast } = useAnnounce();
  const text = useSelect(state => state.edits[message.id]?.text ?? message.content ?? '');
  const saving = useSelect(state => state.edits[message.id]?.saving ?? false);
  const [settings] = useSettings();
  const left = useLeft(text);
  const [refused, setRefused] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const now = useNow(1_000);
  const late = refused === 'edit_window_closed' || (message.edit_deadline !== null && now > Date.parse(message.edit_deadline));

  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(field.current.value.length, field.current.value.length);
  }, []);

  const finish = () => {
    messenger.setEdit(message, null);
    chat.focusComposer();
  };
  const save = async () => {
    const content = wellFormed(text);
    if (saving || isBlank(content) || left < 0) return;
    if (late) {
      messenger.sendText(chat.id, content);
      finish();
      return;
    }
    if (content === message.content) {
      finish();
      return;
    }
    const row = field.current?.closest('article');
    try {
      await messenger.edit(message, content);
      // The field is unmounted by now, and its row may have caught the focus.
      if (isFocusLost() || row?.contains(document.activeElement)) chat.focusComposer();
    } catch (error) {
      setRefused(codeOf(error));
      toast(refusal(codeOf(error)));
    }
  };
  return (
    <div className={styles.edit}>
      <textarea
        ref={field}
        aria-label={t('edit.label')}
        value={text}
        dir="auto"
        rows={1}
        readOnly={saving}
        onChange={event => messenger.setEdit(message, event.target.value)}
        onKeyDown={event => {
          if (isComposing(event)) return;
          if (event.key === 'Escape') {
            event.stopPropagation();
            finish();
          } else if (isSendKey(event, settings)) {
            event.preventDefault();
            void save();
          }
        }}
      />
      <Counter left={left} />
      {late && <p role="status">{t('edit.late')}</p>}
      <div className={styles.actions}>
        <button type="button" className={join(controls.button, styles.small)} onClick={finish}>
          {t('common.cancel')}
        </button>
        <button
          type="button"
          className={join(controls.button, controls.primary, styles.small)}
          aria-disabled={saving || left < 0}
          onClick={() => void save()}
        >
          {t(late ? 'edit.sendAsNew' : 'edit.save')}
        </button>
      </div>
    </div>
  );
}
