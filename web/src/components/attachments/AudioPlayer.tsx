import { type Attachment, type Message, shownFileName } from '@suhbat/client';
import { Pause, Play } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { join } from '../../theme/theme.ts';
import { useSettings } from '../app.tsx';
import { useChat } from '../chat/ChatContext.tsx';
import { Bars } from '../voice/Bars.tsx';
import { useVoiceWords } from '../voice/sentences.ts';
import styles from './AudioPlayer.module.css';
import { FileName } from './FileName.tsx';
import { pauseOthers } from './playback.ts';
import { playingTime } from './playingTime.ts';
import { useAddress } from './useAddress.ts';

const RATES: readonly number[] = [1, 1.5, 2];

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
  const words = useVoiceWords();
  const chat = useChat();
  const { voice } = attachment;
  const { held, broken, heal } = useAddress(message, attachment);
  const [{ rate }, change] = useSettings();
  const audio = useRef<HTMLAudioElement>(null);
  const player = useRef<HTMLDivElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  // A recording of a browser has no length in itself.
  const [length, setLength] = useState((voice?.duration_ms ?? 0) / 1000);
  const left = useRef<{ at: number; wasPlaying: boolean } | null>(null);
  const key = message.client_id ?? String(message.id);
  const name = voice ? words('voice.name') : shownFileName(attachment.file_name);
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
        onDurationChange={({ currentTarget: { duration } }) => setLength(old => (Number.isFinite(duration) ? duration : old))}
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
        aria-label={words(isPlaying ? 'audio.pause' : 'audio.play', { name })}
        onClick={toggle}
      >
        {isPlaying ? <Pause aria-hidden size={20} fill="currentColor" /> : <Play aria-hidden size={20} fill="currentColor" />}
      </button>
      <div className={styles.middle}>
        {voice ? (
          <span className={styles.wave}>
            <Bars values={voice.waveform} played={length > 0 ? Math.min(1, at / length) : 0} />
          </span>
        ) : (
          <span className={styles.name}>
            <FileName name={name} />
          </span>
        )}
        <input
          type="range"
          className={join(styles.place, voice && styles.over)}
          tabIndex={tab}
          min={0}
          max={Math.max(1, Math.ceil(length))}
          step={1}
          value={Math.min(at, Math.max(1, length))}
          aria-label={words('audio.place', { name })}
          aria-valuetext={words('audio.at', { at: playingTime(at), length: playingTime(length) })}
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
        aria-label={words('audio.rate', { rate })}
        onClick={() => change({ rate: RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1 })}
      >
        <span aria-hidden="true">{rate}×</span>
      </button>
    </div>
  );
}
