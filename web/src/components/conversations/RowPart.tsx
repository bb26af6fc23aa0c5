import { type MessagePreview, previewText, shownFileName } from '@suhbat/client';
import { BellOff, CircleAlert, File, Hourglass, Image, Mic, Music, Paperclip, Video } from 'lucide-react';
import type { ReactNode } from 'react';
import { useLanguage } from '../app.tsx';
import { type Progress, Ticks } from '../message/Ticks.tsx';
import styles from './RowPart.module.css';
import { useRowWords } from './sentences.ts';

type Mark = Exclude<Progress, 'failed'> | 'muted' | 'waits' | 'failed';

type Props =
  | { mark: Mark; since?: string }
  /** The last message, which has files; `said` says who sent it. */
  | { files: MessagePreview; said: (words: string) => ReactNode };

/** A detail of a row: a mark beside its time or its preview, or what is said of the files of its last message. */
export default function RowPart(props: Props) {
  return 'mark' in props ? <RowMark {...props} /> : <Files preview={props.files} said={props.said} />;
}

const STATUS = {
  pending: 'message.pending',
  sent: 'message.sent',
  delivered: 'message.delivered',
  seen: 'message.seen',
} as const;

function RowMark({ mark, since = '' }: { mark: Mark; since?: string }) {
  const { t } = useLanguage();
  switch (mark) {
    case 'muted':
      return <Marked icon={<BellOff aria-hidden size={14} />} words={t('row.muted')} />;
    case 'waits':
      return <Marked icon={<Hourglass aria-hidden size={14} />} words={t('row.waitsFor', { time: since })} />;
    case 'failed':
      return <Marked icon={<CircleAlert aria-hidden size={18} className={styles.failed} />} words={t('list.failed')} />;
    default:
      return <Marked icon={<Ticks progress={mark} />} words={t(STATUS[mark])} />;
  }
}

function Marked({ icon, words }: { icon: ReactNode; words: string }) {
  return (
    <span className={styles.mark}>
      {icon}
      <span className="hidden">{words}</span>
    </span>
  );
}

const ICONS = { image: Image, video: Video, audio: Music, voice: Mic, document: File, other: Paperclip };

const KINDS = { image: 'row.image', video: 'row.video', audio: 'row.audio', voice: 'row.voice', document: null, other: null } as const;

/** `3 photos`, or the name of the only document. */
export function useFileWords(): (preview: MessagePreview) => string {
  const { t } = useLanguage();
  const words = useRowWords();
  return ({ attachments: files }) => {
    // Services before version 2 do not say what kind of files there are.
    if (!files) return t('list.attachment');
    const { count, kind, name } = files;
    const key = KINDS[kind];
    if (key) return words(key, { count });
    return count === 1 ? shownFileName(name) : words('row.files', { count });
  };
}

function Files({ preview, said }: { preview: MessagePreview; said: (words: string) => ReactNode }) {
  const wordsOf = useFileWords();
  const Icon = ICONS[preview.attachments?.kind ?? 'other'];
  const text = previewText(preview);
  const words = wordsOf(preview);
  return (
    <>
      <Icon aria-hidden size={14} className={styles.icon} />
      {/* A picture says it to the eye. */}
      {text && <span className="hidden">{`${words}, `}</span>}
      {said(text ?? words)}
    </>
  );
}
