import { type ClientConfig, shownFileName } from '@suhbat/client';
import { CircleAlert, X } from 'lucide-react';
import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage, useSelect, useSettings } from '../app.tsx';
import { FileName } from '../attachments/FileName.tsx';
import { FilePreview, hasPreview } from '../attachments/FilePreview.tsx';
import type { FileProblem } from '../attachments/rules.ts';
import { useChat } from '../chat/ChatContext.tsx';
import styles from './FileTray.module.css';
import { isPhoto } from './usePhotos.ts';

const numbers = new WeakMap<File, number>();
let last = 0;

/** The same for a file as long as it is there, wherever it stands: two may be alike in everything else. */
function numberOf(file: File): number {
  const number = numbers.get(file) ?? ++last;
  numbers.set(file, number);
  return number;
}

/** The sentence for a file that cannot be sent. */
export function useFileProblem(config: ClientConfig | null): (problem: FileProblem) => string {
  const { t, size } = useLanguage();
  return useCallback(
    problem => {
      const limits = config?.limits;
      switch (problem) {
        case 'empty':
          return t('file.empty');
        case 'type':
          return t('file.type');
        case 'too-big':
          return t('file.tooBig', { size: size(limits?.file_bytes ?? 0) });
        case 'too-many':
          return t('file.tooMany', { count: limits?.files_per_message ?? 0 });
        case 'too-big-together':
          return t('file.tooBigTogether', { size: size(limits?.request_bytes ?? 0) });
      }
    },
    [t, size, config],
  );
}

function Tile({ file, reason, isBusy, onRemove }: { file: File; reason: string | null; isBusy: boolean; onRemove: () => void }) {
  const { t, size } = useLanguage();
  const name = shownFileName(file.name);
  const isPicture = hasPreview(file);
  return (
    <li className={join(styles.tile, !isPicture && styles.wide, reason !== null && styles.bad)}>
      <span className={join(styles.preview, isBusy && isPhoto(file) && styles.busy)}>
        <FilePreview file={file} />
      </span>
      <span className={isPicture ? 'hidden' : styles.words}>
        <FileName name={name} />
        <span className={styles.note}>{size(file.size)}</span>
      </span>
      {reason !== null && (
        <>
          <CircleAlert aria-hidden size={18} className={styles.alert} />
          <span className="hidden">{reason}</span>
        </>
      )}
      <button type="button" className={styles.remove} aria-label={t('file.remove', { name })} onClick={onRemove}>
        <X aria-hidden size={14} />
      </button>
    </li>
  );
}

interface Props {
  tray: RefObject<HTMLUListElement | null>;
  files: readonly File[];
  problems: readonly (FileProblem | null)[];
  /** Pictures are being made small. */
  isBusy: boolean;
  onChange: (files: readonly File[]) => void;
}

/** The files that will go with the next message, in a row that scrolls; below it the reason for each that cannot. */
export function FileTray({ tray, files, problems, isBusy, onChange }: Props) {
  const { t } = useLanguage();
  const { focusComposer } = useChat();
  const config = useSelect(state => state.config);
  const [{ fullSize }, change] = useSettings();
  const sentence = useFileProblem(config);
  const removed = useRef<number | null>(null);
  // The tile that took the place of one that was taken out gets the focus, without any the field.
  useLayoutEffect(() => {
    if (removed.current === null) return;
    const next = tray.current?.querySelectorAll('button')[Math.min(removed.current, files.length - 1)];
    removed.current = null;
    if (next) next.focus();
    else focusComposer();
  }, [files, focusComposer, tray]);
  if (files.length === 0) return null;
  const bad = files.flatMap((file, index) => {
    const problem = problems[index];
    return problem ? [{ key: numberOf(file), text: t('file.listWhy', { name: shownFileName(file.name), reason: sentence(problem) }) }] : [];
  });
  return (
    <div className={styles.tray}>
      <div className={styles.head}>
        <span>{t('file.count', { count: files.length })}</span>
        {files.some(isPhoto) && (
          <label className={styles.full}>
            <input type="checkbox" checked={fullSize} onChange={event => change({ fullSize: event.target.checked })} />
            <span>{t('file.fullSize')}</span>
          </label>
        )}
        {files.length > 1 && (
          <button
            type="button"
            className={controls.link}
            onClick={() => {
              removed.current = 0;
              onChange([]);
            }}
          >
            {t('file.removeAll')}
          </button>
        )}
      </div>
      <ul ref={tray} className={styles.strip} aria-label={t('file.list')}>
        {files.map((file, index) => {
          const problem = problems[index];
          return (
            <Tile
              key={numberOf(file)}
              file={file}
              reason={problem ? sentence(problem) : null}
              isBusy={isBusy}
              onRemove={() => {
                removed.current = index;
                onChange(files.filter((_, other) => other !== index));
              }}
            />
          );
        })}
      </ul>
      {bad.map(({ key, text }) => (
        <p key={key} className={styles.reason} dir="auto" aria-hidden="true">
          {text}
        </p>
      ))}
    </div>
  );
}
