import { type Attachment, type Message, shownFileName } from '@suhbat/client';
import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage, useNameOf, useNow, useT } from '../app.tsx';
import { giveBackFocus } from '../focus.ts';
import { ToastPlace } from '../status/Announcer.tsx';
import styles from './Lightbox.module.css';
import { useAddress } from './useAddress.ts';

/** Pixels: from here on a movement is a swipe, and up to here it is a press. */
const SWIPE = 48;
const PRESS = 8;

export interface HistoryPicture {
  message: Message;
  picture: Attachment;
}

interface Props {
  /** In the order of the history. */
  pictures: readonly HistoryPicture[];
  /** The id of the picture that is shown at first. */
  start: number;
  onClose: () => void;
}

/** One picture, and its download. */
function Shown({ message, picture }: { message: Message; picture: Attachment }) {
  const t = useT();
  const { held, broken, heal } = useAddress(message, picture);
  if (broken) {
    return (
      <p role="status" className={styles.broken}>
        {t('lightbox.broken')}
      </p>
    );
  }
  return <img src={held.file} alt={shownFileName(picture.file_name)} draggable={false} onError={heal} />;
}

function Keep({ message, picture }: { message: Message; picture: Attachment }) {
  const t = useT();
  const { held, follow } = useAddress(message, picture);
  return (
    <a className={controls.icon} href={held.file} download={picture.file_name} aria-label={t('lightbox.download')} onClick={follow}>
      <Download aria-hidden size={20} />
    </a>
  );
}

/** Pictures in full, all of the loaded history: arrows, swipe, zoom, download, Esc. */
export default function Lightbox({ pictures, start, onClose }: Props) {
  const { t, dates } = useLanguage();
  const shownName = useNameOf();
  const now = useNow(60_000);
  const dialog = useRef<HTMLDialogElement>(null);
  const [index, setIndex] = useState(() =>
    Math.max(
      0,
      pictures.findIndex(({ picture }) => picture.id === start),
    ),
  );
  const [zoomed, setZoomed] = useState(false);
  const swipe = useRef<number | null>(null);
  const shown = pictures[Math.min(index, pictures.length - 1)];

  useEffect(() => {
    const opener = document.activeElement;
    const element = dialog.current;
    if (element && !element.open) element.showModal();
    return () => {
      element?.close();
      giveBackFocus(opener);
    };
  }, []);

  if (!shown) return null;
  const { message, picture } = shown;
  const name = shownFileName(picture.file_name);
  const go = (step: number) => {
    setZoomed(false);
    setIndex(old => Math.max(0, Math.min(pictures.length - 1, old + step)));
  };
  return (
    <dialog
      ref={dialog}
      className={styles.box}
      aria-label={t('lightbox.label')}
      onCancel={event => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key === 'ArrowLeft') go(-1);
        if (event.key === 'ArrowRight') go(1);
      }}
    >
      <div className={styles.bar}>
        <span className={styles.words}>
          <span className={styles.name} dir="auto">
            {name}
          </span>
          <span className={styles.about} dir="auto">
            {t('lightbox.about', { name: shownName(message.sender), when: dates.moment(message.created_at, now) })}
          </span>
        </span>
        {pictures.length > 1 && (
          <span role="status" className={styles.count}>
            {t('lightbox.nOfM', { n: index + 1, m: pictures.length })}
          </span>
        )}
        <button
          type="button"
          className={controls.icon}
          aria-label={t('lightbox.zoom')}
          aria-pressed={zoomed}
          onClick={() => setZoomed(!zoomed)}
        >
          {zoomed ? <ZoomOut aria-hidden size={20} /> : <ZoomIn aria-hidden size={20} />}
        </button>
        <Keep key={picture.id} message={message} picture={picture} />
        <button type="button" className={controls.icon} aria-label={t('common.close')} onClick={onClose}>
          <X aria-hidden size={22} />
        </button>
      </div>
      <div
        className={join(styles.stage, zoomed && styles.zoomed)}
        onPointerDown={event => {
          swipe.current = event.clientX;
        }}
        onPointerUp={event => {
          const moved = swipe.current === null ? 0 : event.clientX - swipe.current;
          swipe.current = null;
          if (!zoomed && Math.abs(moved) > SWIPE) go(moved < 0 ? 1 : -1);
          else if (Math.abs(moved) < PRESS && event.target === event.currentTarget) onClose();
        }}
      >
        <Shown key={picture.id} message={message} picture={picture} />
      </div>
      {index > 0 && (
        <button
          type="button"
          className={join(controls.icon, styles.side, styles.previous)}
          aria-label={t('lightbox.previous')}
          onClick={() => go(-1)}
        >
          <ChevronLeft aria-hidden size={28} />
        </button>
      )}
      {index < pictures.length - 1 && (
        <button
          type="button"
          className={join(controls.icon, styles.side, styles.next)}
          aria-label={t('lightbox.next')}
          onClick={() => go(1)}
        >
          <ChevronRight aria-hidden size={28} />
        </button>
      )}
      <ToastPlace />
    </dialog>
  );
}
