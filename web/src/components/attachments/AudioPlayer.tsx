import { type Attachment, type Message, shownFileName } from '@suhbat/client';
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLanguage, useSettings } from '../app.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import styles from './AudioPlayer.module.css';
import { FileName } from './FileName.tsx';
import { pauseOthers } from './playback.ts';
import { useAddress } from './useAddress.ts';

const RATES: readonly number[] = [1, 1.5, 2];

/** `1:05`, `1:02:03` */
export function playingTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The player that follows in the history, with nothing but its own sender's recordings between. */
function nextOf(player: HTMLElement): HTMLButtonElement | null {
  const log = player.closest('[role="log"]');
  const all = [...(log?.querySelectorAll<HTMLElement>('[data-player]') ?? [])];
  const next = all[all.indexOf(player) + 1];
  return next && next.dataset['player'] === player.dataset['player'] ? next.querySelector('button') : null;
}

interface Props {
  message: Message;
  attachment: Attachment;
  tab: 0 | -1;
  /** Shown where the recording cannot be played. */
  card: ReactNode;
}

/** A recording: play, place, time, speed. At its end the next one of the same person follows. */
export default function AudioPlayer({ message, attachment, tab, card }: Props) {
  const { t } = useLanguage();
  const chat = useChat();
  const { held, broken, heal } = useAddress(message, attachment);
  const [{ rate }, change] = useSettings();
  const audio = useRef<HTMLAudioElement>(null);
  const player = useRef<HTMLDivElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const left = useRef<{ at: number; wasPlaying: boolean } | null>(null);
  const key = message.client_id ?? String(message.id);
  const name = shownFileName(attachment.file_name);
  const { setPlaying: tellPlaying } = chat;

  useEffect(() => {
    if (audio.current) audio.current.playbackRate = rate;
  }, [rate]);
  // The row stays mounted while it plays, and is let go of with the player.
  useEffect(() => () => tellPlaying(key, false), [tellPlaying, key]);

  if (broken) return card;
  const toggle = () => {
    const element = audio.current;
    if (!element) return;
    // A refusal comes as an error of the element, which renews its address.
    if (element.paused) void element.play().catch(() => {});
    else element.pause();
  };
  const told = (on: boolean) => {
    setPlaying(on);
    tellPlaying(key, on);
  };
  return (
    <div ref={player} className={styles.player} data-player={message.sender.id}>
      <audio
        ref={audio}
        src={held.file}
        preload="metadata"
        onError={({ currentTarget }) => {
          left.current ??= { at: currentTarget.currentTime, wasPlaying: !currentTarget.paused };
          heal();
        }}
        onLoadedMetadata={({ currentTarget }) => {
          currentTarget.playbackRate = rate;
          if (!left.current) return;
          // With a new address it loads again, and plays on from where the old one ended.
          currentTarget.currentTime = left.current.at;
          if (left.current.wasPlaying) void currentTarget.play().catch(() => {});
          left.current = null;
        }}
        onDurationChange={({ currentTarget: { duration } }) => setLength(Number.isFinite(duration) ? duration : 0)}
        onTimeUpdate={({ currentTarget: { currentTime } }) => setAt(currentTime)}
        onPlay={event => {
          pauseOthers(event.currentTarget);
          told(true);
        }}
        onPause={() => told(false)}
        onEnded={({ currentTarget }) => {
          currentTarget.currentTime = 0;
          setAt(0);
          if (player.current) nextOf(player.current)?.click();
        }}
      />
      <button
        type="button"
        className={styles.toggle}
        tabIndex={tab}
        aria-label={t(isPlaying ? 'audio.pause' : 'audio.play', { name })}
        onClick={toggle}
      >
        {isPlaying ? <Pause aria-hidden size={20} fill="currentColor" /> : <Play aria-hidden size={20} fill="currentColor" />}
      </button>
      <div className={styles.middle}>
        <span className={styles.name}>
          <FileName name={name} />
        </span>
        <input
          type="range"
          className={styles.place}
          tabIndex={tab}
          min={0}
          max={Math.max(1, Math.ceil(length))}
          step={1}
          value={Math.min(at, Math.max(1, length))}
          aria-label={t('audio.place', { name })}
          aria-valuetext={t('audio.at', { at: playingTime(at), length: playingTime(length) })}
          ref={element => {
            // Through the object model, see the grid of pictures.
            element?.style.setProperty('--played', `${length > 0 ? (at / length) * 100 : 0}%`);
          }}
          onChange={event => {
            if (!audio.current) return;
            audio.current.currentTime = Number(event.target.value);
            setAt(audio.current.currentTime);
          }}
          onKeyDown={event => {
            // The arrows of the slider are not those of the history.
            if (event.key.startsWith('Arrow') || event.key === 'Home' || event.key === 'End') event.stopPropagation();
          }}
        />
        <span className={styles.time} aria-hidden="true">
          {isPlaying || at > 0 ? `${playingTime(at)} / ${playingTime(length)}` : playingTime(length)}
        </span>
      </div>
      <button
        type="button"
        className={styles.rate}
        tabIndex={tab}
        aria-label={t('audio.rate', { rate })}
        onClick={() => change({ rate: RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1 })}
      >
        <span aria-hidden="true">{rate}×</span>
      </button>
    </div>
  );
}
