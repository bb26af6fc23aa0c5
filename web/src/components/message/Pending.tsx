import { X } from 'lucide-react';
import { useRef } from 'react';
import { canRetry, type Entry, shownFileName } from '../../client/index.ts';
import controls from '../../theme/controls.module.css';
import { useLanguage, useMessenger } from '../app.tsx';
import { FileName } from '../attachments/FileName.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import { useCopy } from '../status/Announcer.tsx';
import styles from './Pending.module.css';

/** The files of a message that is on its way, each with its own bar and a way to take it out. */
export function PendingFiles({ entry, tab }: { entry: Entry; tab: 0 | -1 }) {
  const { t, size } = useLanguage();
  const messenger = useMessenger();
  return (
    <ul className={styles.files}>
      {entry.files.map((file, index) => {
        const name = shownFileName(file.name);
        const sent = entry.progress[index] ?? 0;
        const percent = file.size > 0 ? Math.floor((sent / file.size) * 100) : 100;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: two files may be alike in everything but their place
          <li key={index} className={styles.file}>
            <FileName name={name} />
            <span className={styles.size}>{entry.processing ? t('file.processing') : size(file.size)}</span>
            <progress
              max={100}
              {...(entry.processing ? {} : { value: entry.state === 'sending' ? percent : 0 })}
              aria-label={t('file.uploading', { name, percent })}
            />
            {!entry.processing && (
              <button
                type="button"
                tabIndex={tab}
                className={styles.remove}
                aria-label={t('file.remove', { name })}
                onClick={() => messenger.client.removeFile(entry.clientId, index)}
              >
                <X aria-hidden size={16} />
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** A message that was refused or is too old to go by itself: the reason, and the actions. */
export function Unsent({ entry, tab }: { entry: Entry; tab: 0 | -1 }) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const copy = useCopy();
  const chat = useChat();
  const whole = useRef<HTMLDivElement>(null);
  const retry = () => {
    // The row stays, these ways go.
    (whole.current?.previousElementSibling as HTMLElement | null)?.focus({ preventScroll: true });
    messenger.client.retry(entry.clientId);
  };
  return (
    <div ref={whole} className={styles.unsent} data-key={entry.clientId}>
      <p>
        <strong>{t('message.notSent')}</strong>
        <span className={styles.why}>{refusal(entry.code)}</span>
      </p>
      <div className={styles.ways}>
        {canRetry(entry) && (
          <button type="button" tabIndex={tab} className={controls.link} onClick={retry}>
            {t('common.retry')}
          </button>
        )}
        {entry.content !== '' && (
          <button type="button" tabIndex={tab} className={controls.link} onClick={() => copy(entry.content)}>
            {t('message.copy')}
          </button>
        )}
        <button type="button" tabIndex={tab} className={controls.link} onClick={() => chat.discard(entry)}>
          {t('common.delete')}
        </button>
      </div>
    </div>
  );
}
