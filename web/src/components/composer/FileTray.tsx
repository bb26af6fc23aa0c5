import { File as FileIcon, X } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type ClientConfig, shownFileName } from '../../client/index.ts';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage } from '../app.tsx';
import { FileName } from '../attachments/FileName.tsx';
import { type FileProblem, problemsOf } from '../attachments/rules.ts';
import { useChat } from '../chat/ChatContext.tsx';
import styles from './FileTray.module.css';

const numbers = new WeakMap<File, number>();
let last = 0;

/** The same for a file as long as it is there, wherever it stands: two may be alike in everything else. */
function numberOf(file: File): number {
  const number = numbers.get(file) ?? ++last;
  numbers.set(file, number);
  return number;
}

/** One object URL per picture, revoked when the picture leaves the tray. */
function usePreview(file: File): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!/^image\/(png|jpeg|gif|webp|avif)$/.test(file.type)) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return url;
}

function Chip({
  file,
  problem,
  config,
  onRemove,
}: {
  file: File;
  problem: FileProblem | null;
  config: ClientConfig | null;
  onRemove: () => void;
}) {
  const { t, size } = useLanguage();
  const preview = usePreview(file);
  const [broken, setBroken] = useState(false);
  const name = shownFileName(file.name);
  const sentence = {
    empty: () => t('file.empty'),
    type: () => t('file.type'),
    'too-big': () => t('file.tooBig', { size: size(config?.limits.file_bytes ?? 0) }),
    'too-many': () => t('file.tooMany', { count: config?.limits.files_per_message ?? 0 }),
    'too-big-together': () => t('file.tooBigTogether', { size: size(config?.limits.request_bytes ?? 0) }),
  };
  return (
    <li className={join(styles.chip, problem && styles.bad)}>
      <span className={join(controls.tile, styles.preview)}>
        {preview && !broken ? <img src={preview} alt="" onError={() => setBroken(true)} /> : <FileIcon aria-hidden size={20} />}
      </span>
      <span className={styles.words}>
        <FileName name={name} />
        <span className={styles.note}>{problem ? sentence[problem]() : size(file.size)}</span>
      </span>
      <button type="button" className={styles.remove} aria-label={t('file.remove', { name })} onClick={onRemove}>
        <X aria-hidden size={16} />
      </button>
    </li>
  );
}

/** The files that will go with the next message, each with its own reason where it cannot. */
export function FileTray({
  files,
  config,
  onChange,
}: {
  files: readonly File[];
  config: ClientConfig | null;
  onChange: (files: readonly File[]) => void;
}) {
  const { t } = useLanguage();
  const { focusComposer } = useChat();
  const tray = useRef<HTMLUListElement>(null);
  const removed = useRef<number | null>(null);
  // The chip that took the place of one that was taken out gets the focus, without any the field.
  useLayoutEffect(() => {
    if (removed.current === null) return;
    const next = tray.current?.querySelectorAll('button')[Math.min(removed.current, files.length - 1)];
    removed.current = null;
    if (next) next.focus();
    else focusComposer();
  }, [files, focusComposer]);
  if (files.length === 0) return null;
  const problems = problemsOf(files, config);
  return (
    <ul ref={tray} className={styles.tray} aria-label={t('file.list')}>
      {files.map((file, index) => (
        <Chip
          key={numberOf(file)}
          file={file}
          problem={problems[index] ?? null}
          config={config}
          onRemove={() => {
            removed.current = index;
            onChange(files.filter((_, other) => other !== index));
          }}
        />
      ))}
    </ul>
  );
}
