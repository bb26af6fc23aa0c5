import { draftOf, isBlank, shownFileName, wellFormed } from '@suhbat/client';
import { SendHorizontal } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useLanguage, useMessenger, useSelect } from '../app.tsx';
import { problemsOf } from '../attachments/rules.ts';
import { useChat } from '../chat/ChatContext.tsx';
import { isFocusLost } from '../focus.ts';
import { lazyPart } from '../parts.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { AttachButton } from './AttachButton.tsx';
import styles from './Composer.module.css';
import { Counter, useLeft } from './Counter.tsx';
import { FileTray, useFileProblem } from './FileTray.tsx';
import { MessageField } from './MessageField.tsx';
import { ReplyBar } from './ReplyBar.tsx';
import { usePhotos } from './usePhotos.ts';

const VoiceRecorder = lazyPart(() => import('../voice/VoiceRecorder.tsx'), RecorderPlace);

function RecorderPlace() {
  return <span className={styles.send} aria-hidden="true" />;
}

/** Not without a secure connection, nor in a browser that records nothing. */
const canRecord = () => 'MediaRecorder' in window && Boolean(navigator.mediaDevices);

interface Props {
  field: RefObject<HTMLTextAreaElement | null>;
  onEditLast: () => boolean;
  /** Sends the draft in another way than to the conversation that is open: there may be none yet. */
  onSend?: () => void;
}

/** The focus stays in the composer when sending is allowed or forbidden while the person writes. */
function useGateFocus(canSend: boolean, place: RefObject<HTMLElement | null>, field: RefObject<HTMLElement | null>): void {
  const couldSend = useRef(canSend);
  useLayoutEffect(() => {
    if (canSend && document.activeElement === place.current) field.current?.focus();
    if (!canSend && couldSend.current && isFocusLost()) place.current?.focus();
    couldSend.current = canSend;
  }, [canSend, place, field]);
}

/** The draft and the ways to send it. It lives in the store, so that nothing typed is lost when this goes away. */
function Draft({ field, onEditLast, onSend }: Props) {
  const { t } = useLanguage();
  const messenger = useMessenger();
  const { id } = useChat();
  const config = useSelect(state => state.config);
  const text = useSelect(state => draftOf(state, id).text);
  const files = useSelect(state => draftOf(state, id).files);
  const left = useLeft(text);
  const tray = useRef<HTMLUListElement>(null);
  const sentence = useFileProblem(config);
  const { alarm } = useAnnounce();
  const [isRecording, setRecording] = useState(false);
  // The field comes back with the next drawing.
  const onRecorded = useCallback(() => requestAnimationFrame(() => field.current?.focus()), [field]);
  // A recording goes to a conversation that is open.
  const mayRecord = !onSend && canRecord();
  const isShrinking = usePhotos(id, files);
  const [isWaiting, setWaiting] = useState(false);
  // What is wrong with a picture shows when it has its size.
  const problems = isShrinking ? files.map(() => null) : problemsOf(files, config);
  const bad = problems.findIndex(problem => problem !== null);
  const ready = (!isBlank(text) || files.length > 0) && left >= 0 && bad < 0;
  const addFiles = (added: Iterable<File>) =>
    messenger.setDraft(id, { files: [...draftOf(messenger.store.getState(), id).files, ...added] });
  /** The reason may be scrolled out of sight: it is said, and the focus goes to the way out of it. */
  const showBad = (index: number) => {
    const [file, problem] = [files[index], problems[index]];
    if (file && problem) alarm(t('file.listWhy', { name: shownFileName(file.name), reason: sentence(problem) }));
    tray.current?.querySelectorAll<HTMLElement>('li button')[index]?.focus();
  };
  const send = () => {
    if (bad >= 0) showBad(bad);
    if (!ready) return;
    setWaiting(isShrinking);
    if (isShrinking) return;
    const clean = wellFormed(text);
    if (clean !== text) messenger.setDraft(id, { text: clean });
    if (onSend) onSend();
    else messenger.send(id);
    field.current?.focus();
  };
  const latest = useRef(send);
  latest.current = send;
  // Sent as soon as the pictures are small.
  useEffect(() => {
    if (isWaiting && !isShrinking) latest.current();
  }, [isWaiting, isShrinking]);
  return (
    <>
      <ReplyBar />
      <FileTray
        tray={tray}
        files={files}
        problems={problems}
        isBusy={isShrinking}
        onChange={kept => messenger.setDraft(id, { files: kept })}
      />
      <div className={styles.line}>
        {!isRecording && (
          <>
            <AttachButton
              onFiles={picked => {
                addFiles(picked);
                field.current?.focus();
              }}
            />
            <MessageField field={field} tellsTyping={!onSend} onSend={send} onEditLast={onEditLast} onFiles={addFiles} />
          </>
        )}
        {mayRecord && (isRecording || (text === '' && files.length === 0)) ? (
          <VoiceRecorder conversation={id} onBusy={setRecording} onDone={onRecorded} />
        ) : (
          <button type="button" className={styles.send} aria-label={t('composer.send')} aria-disabled={!ready} onClick={send}>
            <SendHorizontal aria-hidden size={22} />
          </button>
        )}
      </div>
      <div className={styles.count}>
        <Counter left={left} />
      </div>
    </>
  );
}

/** The field for a new message, or the reason why none can be sent. */
export function Composer(props: Props) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const { id } = useChat();
  const canSend = useSelect(state => state.held[id]?.details?.can_send ?? true);
  const reason = useSelect(state => state.held[id]?.details?.cannot_send_reason ?? null);
  const place = useRef<HTMLElement>(null);
  useGateFocus(canSend, place, props.field);
  useEffect(() => () => messenger.stoppedWriting(), [messenger]);
  return (
    <section
      ref={place}
      className={canSend ? styles.composer : styles.closed}
      aria-label={t('region.composer')}
      data-region="composer"
      tabIndex={canSend ? undefined : -1}
    >
      {canSend ? (
        <Draft {...props} />
      ) : (
        <p role="status">
          {reason ? refusal(reason) : ''} <span>{t('composer.closed')}</span>
        </p>
      )}
    </section>
  );
}
