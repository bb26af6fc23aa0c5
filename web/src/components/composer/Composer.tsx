import { Paperclip, Reply, SendHorizontal, Smile, X } from 'lucide-react';
import { type RefObject, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { isBlank, wellFormed } from '../../client/index.ts';
import { draftOf, nameOf } from '../../store/selectors.ts';
import controls from '../../theme/controls.module.css';
import { useLanguage, useMessenger, useSelect, useSettings } from '../app.tsx';
import { acceptOf, problemsOf } from '../attachments/rules.ts';
import { useChat } from '../chat/ChatContext.tsx';
import { isFocusLost } from '../focus.ts';
import { join } from '../join.ts';
import { part } from '../parts.tsx';
import { isComposing, isSendKey, sendsByEnter } from '../sendKey.ts';
import styles from './Composer.module.css';
import { Counter, useLeft } from './Counter.tsx';
import { FileTray } from './FileTray.tsx';

const EmojiPicker = part(() => import('./EmojiPicker.tsx'), Wait);

/** The reply that is being written, above the field. */
function ReplyBar() {
  const { t, wordsOf } = useLanguage();
  const messenger = useMessenger();
  const chat = useChat();
  const reply = useSelect(state => draftOf(state, chat.id).replyTo);
  if (!reply) return null;
  return (
    <div className={styles.reply}>
      <Reply aria-hidden size={18} />
      <button type="button" className={styles.replyWords} onClick={() => chat.jump(reply.id)}>
        <span className={styles.replyName} dir="auto">
          {t('message.replyTo', { name: nameOf(reply.sender) })}
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

function Wait() {
  const { t } = useLanguage();
  return <p className={styles.wait}>{t('common.loading')}</p>;
}

function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useLanguage();
  const [wanted, setWanted] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const id = useId();
  const place = (event: React.ToggleEvent<HTMLDivElement>) => {
    const box = button.current?.getBoundingClientRect();
    if (event.newState !== 'open' || !box) return;
    setWanted(true);
    event.currentTarget.style.insetInlineEnd = `${Math.max(8, window.innerWidth - box.right)}px`;
    event.currentTarget.style.insetBlockEnd = `${window.innerHeight - box.top + 8}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={join(controls.icon, styles.emojiButton)}
        aria-label={t('composer.emoji')}
        popoverTarget={id}
      >
        <Smile aria-hidden size={22} />
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        className={styles.emojis}
        role="dialog"
        aria-label={t('composer.emoji')}
        onBeforeToggle={place}
      >
        {wanted && (
          <EmojiPicker
            onPick={emoji => {
              popover.current?.hidePopover();
              onPick(emoji);
            }}
          />
        )}
      </div>
    </>
  );
}

/** Where one writes. The draft lives in the store, so that nothing typed is lost when this goes away. */
export function Composer({ field, onEditLast }: { field: RefObject<HTMLTextAreaElement | null>; onEditLast: () => boolean }) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const chat = useChat();
  const [settings] = useSettings();
  const config = useSelect(state => state.config);
  const text = useSelect(state => draftOf(state, chat.id).text);
  const files = useSelect(state => draftOf(state, chat.id).files);
  const canSend = useSelect(state => state.held[chat.id]?.details?.can_send ?? true);
  const reason = useSelect(state => state.held[chat.id]?.details?.cannot_send_reason ?? null);
  const left = useLeft(text);
  const picker = useRef<HTMLInputElement>(null);
  const place = useRef<HTMLElement>(null);
  const couldSend = useRef(canSend);

  useEffect(() => () => messenger.client.stoppedTyping(), [messenger]);
  // The gate may close and open under the hand of somebody who writes.
  useLayoutEffect(() => {
    if (canSend && document.activeElement === place.current) field.current?.focus();
    if (!canSend && couldSend.current && isFocusLost()) place.current?.focus();
    couldSend.current = canSend;
  }, [canSend, field]);

  if (!canSend) {
    return (
      <section ref={place} className={styles.closed} aria-label={t('region.composer')} data-region="composer" tabIndex={-1}>
        <p role="status">
          {reason ? refusal(reason) : ''} <span>{t('composer.closed')}</span>
        </p>
      </section>
    );
  }

  const ready = (!isBlank(text) || files.length > 0) && left >= 0 && problemsOf(files, config).every(problem => problem === null);
  const addFiles = (added: Iterable<File>) =>
    messenger.setDraft(chat.id, { files: [...draftOf(messenger.store.getState(), chat.id).files, ...added] });
  const send = () => {
    if (!ready) return;
    const clean = wellFormed(text);
    if (clean !== text) messenger.setDraft(chat.id, { text: clean });
    messenger.send(chat.id);
    field.current?.focus();
  };
  const insert = (emoji: string) => {
    const area = field.current;
    if (!area) return;
    const { selectionStart, selectionEnd } = area;
    messenger.setDraft(chat.id, { text: text.slice(0, selectionStart) + emoji + text.slice(selectionEnd) });
    area.focus();
    requestAnimationFrame(() => area.setSelectionRange(selectionStart + emoji.length, selectionStart + emoji.length));
  };
  const keys = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (isComposing(event)) return;
    if (isSendKey(event, settings)) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && text === '' && onEditLast()) {
      event.preventDefault();
    } else if (event.key === 'Escape' && draftOf(messenger.store.getState(), chat.id).replyTo) {
      event.stopPropagation();
      messenger.setDraft(chat.id, { replyTo: null });
    }
  };
  return (
    <section ref={place} className={styles.composer} aria-label={t('region.composer')} data-region="composer">
      <ReplyBar />
      <FileTray files={files} config={config} onChange={kept => messenger.setDraft(chat.id, { files: kept })} />
      <div className={styles.line}>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          accept={acceptOf(config)}
          onChange={event => {
            addFiles(event.target.files ?? []);
            event.target.value = '';
            field.current?.focus();
          }}
        />
        <button
          type="button"
          className={controls.icon}
          aria-label={t('composer.attach')}
          title={t('composer.attach')}
          onClick={() => picker.current?.click()}
        >
          <Paperclip aria-hidden size={22} />
        </button>
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
              messenger.setDraft(chat.id, { text: event.target.value });
              if (event.target.value === '') messenger.client.stoppedTyping();
              else messenger.client.typed(chat.id);
            }}
            onBlur={() => messenger.client.stoppedTyping()}
            onKeyDown={keys}
            onPaste={event => {
              const { files: pasted, types } = event.clipboardData;
              // Office programs put a picture of their text beside it.
              if (pasted.length === 0 || types.includes('text/rtf')) return;
              event.preventDefault();
              addFiles(pasted);
            }}
          />
          <EmojiButton onPick={insert} />
        </div>
        <button type="button" className={styles.send} aria-label={t('composer.send')} aria-disabled={!ready} onClick={send}>
          <SendHorizontal aria-hidden size={22} />
        </button>
      </div>
      <div className={styles.count}>
        <Counter left={left} />
      </div>
    </section>
  );
}
