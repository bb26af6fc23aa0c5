import type { State } from '@suhbat/client';
import { type Attachment, type Message, messageIds, shownFileName } from '@suhbat/client';
import { Download, ExternalLink, FileAudio, File as FileIcon, FileImage, FileText, FileVideo } from 'lucide-react';
import { useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage, useMessenger } from '../app.tsx';
import { lazyPart } from '../parts.tsx';
import styles from './AttachmentGrid.module.css';
import { FileName } from './FileName.tsx';
import type { HistoryPicture } from './Lightbox.tsx';
import { pauseOthers } from './playback.ts';
import { canOpenPicture, isShownUnasked } from './rules.ts';
import { useAddress } from './useAddress.ts';

const Lightbox = lazyPart(() => import('./Lightbox.tsx'));
const AudioPlayer = lazyPart(() => import('./AudioPlayer.tsx'));

const SHOWN = 4;

function Picture({
  message,
  attachment,
  tab,
  more,
  onOpen,
  onBroken,
}: {
  message: Message;
  attachment: Attachment;
  tab: 0 | -1;
  more: number;
  onOpen: () => void;
  onBroken: () => void;
}) {
  const { t } = useLanguage();
  const { held, heal } = useAddress(message, attachment, onBroken);
  const name = shownFileName(attachment.file_name);
  return (
    <button
      type="button"
      tabIndex={tab}
      className={styles.picture}
      aria-label={more > 0 ? t('file.imageMore', { name, count: more }) : t('file.image', { name })}
      onClick={onOpen}
    >
      <img
        src={held.thumbnail ?? held.file}
        alt=""
        loading="lazy"
        decoding="async"
        width={attachment.width ?? undefined}
        height={attachment.height ?? undefined}
        onError={heal}
      />
      {more > 0 && (
        <span className={styles.more} aria-hidden>
          +{more}
        </span>
      )}
    </button>
  );
}

const ICONS = { image: FileImage, video: FileVideo, audio: FileAudio, document: FileText, other: FileIcon };

function Card({ message, attachment, tab }: { message: Message; attachment: Attachment; tab: 0 | -1 }) {
  const { t, size } = useLanguage();
  const { held, follow } = useAddress(message, attachment);
  const Icon = ICONS[attachment.file_type];
  const name = shownFileName(attachment.file_name);
  return (
    <div className={styles.card}>
      <span className={join(controls.tile, styles.cardIcon)}>
        <Icon aria-hidden size={22} />
      </span>
      <span className={styles.cardText}>
        <span className={styles.cardName}>
          <FileName name={name} />
        </span>
        <span className={styles.cardSize}>{size(attachment.file_size)}</span>
      </span>
      {(attachment.mime_type === 'application/pdf' || canOpenPicture(attachment)) && (
        <a
          className={styles.act}
          tabIndex={tab}
          href={held.file}
          target="_blank"
          rel="noopener noreferrer"
          onClick={follow}
          aria-label={t('file.open', { name })}
        >
          <ExternalLink aria-hidden size={18} />
        </a>
      )}
      <a
        className={styles.act}
        tabIndex={tab}
        href={held.file}
        download={attachment.file_name}
        rel="noopener noreferrer"
        onClick={follow}
        aria-label={t('file.download', { name })}
      >
        <Download aria-hidden size={18} />
      </a>
    </div>
  );
}

function ratioOf({ width, height }: { width: number | null; height: number | null }): number | null {
  return width && height ? Math.min(Math.max(width / height, 0.5), 2.4) : null;
}

/** A video in a box of its own shape, with the browser's controls. */
function Video({
  message,
  attachment,
  tab,
  onPlaying,
}: {
  message: Message;
  attachment: Attachment;
  tab: 0 | -1;
  onPlaying: (on: boolean) => void;
}) {
  const { t } = useLanguage();
  const { held, broken, heal } = useAddress(message, attachment);
  const left = useRef<{ currentTime: number; paused: boolean } | null>(null);
  const [ratio, setRatio] = useState(() => ratioOf(attachment));
  const name = shownFileName(attachment.file_name);
  if (broken) return <Card message={message} attachment={attachment} tab={tab} />;
  return (
    <video
      ref={element => {
        // Set through the object model: the policy of the page forbids style attributes in markup.
        if (ratio !== null) element?.style.setProperty('--ratio', String(ratio));
      }}
      src={held.file}
      controls
      tabIndex={tab}
      preload="metadata"
      data-bleed="video"
      className={styles.video}
      aria-label={t('file.video', { name })}
      {...(held.thumbnail ? { poster: held.thumbnail } : {})}
      onError={({ currentTarget: { currentTime, paused } }) => {
        left.current ??= { currentTime, paused };
        heal();
      }}
      // With a new address it loads again, and plays on from where the old one ended.
      onLoadedMetadata={({ currentTarget }) => {
        setRatio(ratioOf({ width: currentTarget.videoWidth, height: currentTarget.videoHeight }) ?? ratio);
        if (!left.current) return;
        currentTarget.currentTime = left.current.currentTime;
        if (!left.current.paused) void currentTarget.play().catch(() => {});
        left.current = null;
      }}
      onPlay={event => {
        pauseOthers(event.currentTarget);
        onPlaying(true);
      }}
      onPause={() => onPlaying(false)}
      onEnded={() => onPlaying(false)}
    />
  );
}

/** The pictures of the piece of history that the message belongs to, with those of the message itself in any case. */
function picturesAround(state: State, message: Message, own: readonly Attachment[]): HistoryPicture[] {
  const held = state.held[message.conversation];
  const ids = messageIds(state, message.conversation);
  const around = ids.includes(message.id) ? ids.flatMap(id => held?.messages.get(id) ?? []) : [message];
  return around.flatMap(one =>
    (one.id === message.id ? own : one.attachments.filter(isShownUnasked)).map(picture => ({ message: one, picture })),
  );
}

/** The files of a message: pictures in a grid, players, and cards for the rest. */
export function AttachmentGrid({ message, tab, onPlaying }: { message: Message; tab: 0 | -1; onPlaying: (on: boolean) => void }) {
  const messenger = useMessenger();
  const [open, setOpen] = useState<{ pictures: readonly HistoryPicture[]; start: number } | null>(null);
  const [broken, setBroken] = useState<readonly number[]>([]);
  const isPicture = (attachment: Attachment) => isShownUnasked(attachment) && !broken.includes(attachment.id);
  const pictures = message.attachments.filter(isPicture);
  const others = message.attachments.filter(attachment => !isPicture(attachment));
  const shown = pictures.slice(0, SHOWN);
  const single = pictures.length === 1 ? pictures[0] : undefined;
  const ratio = (single && ratioOf(single)) ?? 4 / 3;
  return (
    <div className={styles.files}>
      {shown.length > 0 && (
        <div
          className={join(styles.grid, styles[`of${shown.length}`])}
          data-bleed="picture"
          ref={element => {
            // Set through the object model: the policy of the page forbids style attributes in markup.
            element?.style.setProperty('--ratio', String(ratio));
          }}
        >
          {shown.map((attachment, index) => (
            <Picture
              key={attachment.id}
              message={message}
              attachment={attachment}
              tab={tab}
              more={index === SHOWN - 1 ? pictures.length - SHOWN : 0}
              onOpen={() => setOpen({ pictures: picturesAround(messenger.store.getState(), message, pictures), start: attachment.id })}
              onBroken={() => setBroken(old => [...old, attachment.id])}
            />
          ))}
        </div>
      )}
      {others.map(attachment =>
        attachment.file_type === 'video' ? (
          <Video key={attachment.id} message={message} attachment={attachment} tab={tab} onPlaying={onPlaying} />
        ) : attachment.file_type === 'audio' ? (
          <div key={attachment.id} className={styles.audio}>
            <AudioPlayer
              message={message}
              attachment={attachment}
              tab={tab}
              card={<Card message={message} attachment={attachment} tab={tab} />}
            />
          </div>
        ) : (
          <Card key={attachment.id} message={message} attachment={attachment} tab={tab} />
        ),
      )}
      {open !== null && <Lightbox pictures={open.pictures} start={open.start} onClose={() => setOpen(null)} />}
    </div>
  );
}
