import { canRetry, type Entry, shownFileName } from '@suhbat/client';
import { RotateCw, X } from 'lucide-react';
import { useRef } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage, useMessenger } from '../app.tsx';
import { FileName } from '../attachments/FileName.tsx';
import { FilePreview, hasPreview } from '../attachments/FilePreview.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import { useCopy } from '../status/Announcer.tsx';
import styles from './Pending.module.css';

/** Pixels, of a circle in a box of 44. */
const RADIUS = 19;
const AROUND = 2 * Math.PI * RADIUS;

/** How much of a file has left: a ring that fills. Without a number it turns. */
function Ring({ label, percent }: { label: string; percent: number | null }) {
  return (
    <span
      className={join(styles.ring, percent === null && styles.turning)}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent ?? undefined}
    >
      <svg viewBox="0 0 44 44" aria-hidden="true" focusable="false">
        <circle className={styles.track} cx="22" cy="22" r={RADIUS} />
        <circle
          className={styles.bar}
          cx="22"
          cy="22"
          r={RADIUS}
          strokeDasharray={AROUND}
          strokeDashoffset={AROUND * (1 - (percent ?? 25) / 100)}
        />
      </svg>
    </span>
  );
}

function PendingFile({ entry, index, tab, onRetry }: { entry: Entry; index: number; tab: 0 | -1; onRetry: (from: Element) => void }) {
  const { t, size } = useLanguage();
  const messenger = useMessenger();
  const file = entry.files[index];
  if (!file) return null;
  const name = shownFileName(file.name);
  const isFailed = entry.state === 'failed';
  const sent = entry.state === 'sending' ? (entry.progress[index] ?? 0) : 0;
  const percent = file.size > 0 ? Math.floor((sent / file.size) * 100) : 100;
  const isPicture = hasPreview(file);
  return (
    <li
      className={join(isPicture ? styles.picture : styles.file, isFailed && styles.failed)}
      data-bleed={isPicture ? 'picture' : undefined}
    >
      {isPicture && (
        <span className={join(styles.preview, !isFailed && styles.blurred)}>
          <FilePreview file={file} />
        </span>
      )}
      <span className={styles.control}>
        {!isFailed && <Ring label={t('file.uploading', { name, percent })} percent={entry.processing ? null : percent} />}
        {!isFailed && !entry.processing && (
          <button
            type="button"
            tabIndex={tab}
            className={styles.button}
            aria-label={t('file.remove', { name })}
            onClick={() => messenger.client.removeFile(entry.clientId, index)}
          >
            <X aria-hidden size={18} />
          </button>
        )}
        {isFailed && canRetry(entry) && (
          <button
            type="button"
            tabIndex={tab}
            className={styles.button}
            aria-label={t('file.retry', { name })}
            onClick={event => onRetry(event.currentTarget)}
          >
            <RotateCw aria-hidden size={18} />
          </button>
        )}
      </span>
      {isPicture ? (
        <span className="hidden">{name}</span>
      ) : (
        <span className={styles.words}>
          <FileName name={name} />
          <span className={styles.size}>{entry.processing ? t('file.processing') : size(file.size)}</span>
        </span>
      )}
    </li>
  );
}

/** The files of a message that is on its way, each with a ring that shows how much has left, and in its middle the way to take it out. */
export function PendingFiles({ entry, tab }: { entry: Entry; tab: 0 | -1 }) {
  const messenger = useMessenger();
  const retry = (from: Element) => {
    // The row stays, the button goes.
    from.closest<HTMLElement>('article')?.focus({ preventScroll: true });
    messenger.client.retry(entry.clientId);
  };
  const pictures = entry.files.filter(hasPreview).length;
  return (
    <ul className={join(styles.files, pictures > 1 && styles.several)}>
      {entry.files.map((_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two files may be alike in everything but their place
        <PendingFile key={index} entry={entry} index={index} tab={tab} onRetry={retry} />
      ))}
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
