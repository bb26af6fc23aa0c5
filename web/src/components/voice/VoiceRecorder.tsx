import { draftOf } from '@suhbat/client';
import { Mic, Pause, Play, SendHorizontal, Square, Trash2, X } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useMessenger, useT } from '../app.tsx';
import { pauseOthers } from '../attachments/playback.ts';
import { playingTime } from '../attachments/playingTime.ts';
import { useAnnounce } from '../status/Announcer.tsx';
import { Bars } from './Bars.tsx';
import { type MicrophoneProblem, problemOf, Recording, type VoiceFile } from './recording.ts';
import { useVoiceWords, type VoiceKey } from './sentences.ts';
import styles from './VoiceRecorder.module.css';
import { LOUDEST } from './waveform.ts';

/** A press shorter than so many milliseconds is a tap: the recording goes on without the finger. */
const TAP = 350;
/** Pixels that the finger slides, to cancel and to lock. */
const AWAY = 80;
const UP = 64;
const SHORTEST_MS = 400;
/** Peaks that are drawn while recording: the last seconds. */
const DRAWN = 48;

type Phase = { kind: 'idle' } | { kind: 'asking' } | { kind: 'recording' } | { kind: 'ready'; voice: VoiceFile };

const PROBLEMS: Record<MicrophoneProblem, VoiceKey> = {
  denied: 'voice.denied',
  none: 'voice.none',
  busy: 'voice.busy',
  failed: 'voice.failed',
};

const IDLE: Phase = { kind: 'idle' };

/** A recording before it is sent: listen, delete, send. */
function Preview({ voice, onDelete, onSend }: { voice: VoiceFile; onDelete: () => void; onSend: () => void }) {
  const words = useVoiceWords();
  const audio = useRef<HTMLAudioElement>(null);
  const [url, setUrl] = useState<string>();
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const length = voice.durationMs / 1000;
  useEffect(() => {
    const made = URL.createObjectURL(voice.file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [voice]);
  const toggle = () => {
    const element = audio.current;
    if (!element) return;
    // What cannot be played here can be sent all the same.
    if (element.paused) void element.play().catch(() => setPlaying(false));
    else element.pause();
  };
  return (
    <>
      <audio
        ref={audio}
        src={url}
        onPlay={event => {
          pauseOthers(event.currentTarget);
          setPlaying(true);
        }}
        onPause={() => setPlaying(false)}
        onTimeUpdate={({ currentTarget }) => setAt(currentTarget.currentTime)}
        onEnded={() => {
          setPlaying(false);
          setAt(0);
        }}
      />
      <button type="button" className={controls.icon} data-act="delete" aria-label={words('voice.delete')} onClick={onDelete}>
        <Trash2 aria-hidden size={20} />
      </button>
      <fieldset className={styles.panel} aria-label={words('voice.preview')}>
        <button type="button" className={controls.icon} aria-label={words(isPlaying ? 'voice.pause' : 'voice.play')} onClick={toggle}>
          {isPlaying ? <Pause aria-hidden size={20} /> : <Play aria-hidden size={20} />}
        </button>
        <span className={styles.wave}>
          <Bars values={voice.waveform} played={Math.min(1, at / length)} />
        </span>
        <span className={styles.time}>{playingTime(isPlaying || at > 0 ? at : length)}</span>
      </fieldset>
      <button type="button" className={styles.send} data-act="send" aria-label={words('voice.send')} onClick={onSend}>
        <SendHorizontal aria-hidden size={22} />
      </button>
    </>
  );
}

interface Props {
  conversation: number;
  /** Whether the recorder takes the room of the field. */
  onBusy: (isBusy: boolean) => void;
  /** The recorder has nothing any more: the focus may go back to the field. */
  onDone: () => void;
}

/**
 * Records a voice message. Held, it records until the finger lets go; sliding away cancels, sliding up locks. Tapped, or by keyboard, it records until it is
 * stopped. Nothing is sent without pressing Send.
 */
export default function VoiceRecorder({ conversation, onBusy, onDone }: Props) {
  const t = useT();
  const words = useVoiceWords();
  const messenger = useMessenger();
  const { say, alarm, toast } = useAnnounce();
  const [phase, setPhase] = useState<Phase>(IDLE);
  const [isHeld, setHeld] = useState(false);
  const [problem, setProblem] = useState<MicrophoneProblem | null>(null);
  const [, draw] = useState(0);
  const recording = useRef<Recording | null>(null);
  const finger = useRef<{ x: number; y: number; at: number } | null>(null);
  /** The number of the attempt: what comes of an earlier one is dropped. */
  const attempt = useRef(0);
  const place = useRef<HTMLSpanElement>(null);
  const { kind } = phase;

  const end = useCallback(() => {
    attempt.current += 1;
    recording.current?.cancel();
    recording.current = null;
    finger.current = null;
    setHeld(false);
    setPhase(IDLE);
    onBusy(false);
  }, [onBusy]);
  // The microphone never outlives the composer.
  useEffect(
    () => () => {
      attempt.current += 1;
      recording.current?.cancel();
    },
    [],
  );

  const finish = async (): Promise<VoiceFile | null> => {
    const current = recording.current;
    recording.current = null;
    finger.current = null;
    setHeld(false);
    if (!current) return null;
    if (current.elapsed < SHORTEST_MS) {
      current.cancel();
      end();
      toast(words('voice.short'));
      return null;
    }
    const of = attempt.current;
    const voice = await current.finish();
    return attempt.current === of ? voice : null;
  };
  const toPreview = async () => {
    const voice = await finish();
    if (!voice) return;
    setPhase({ kind: 'ready', voice });
    say(words('voice.ready', { length: playingTime(voice.durationMs / 1000) }));
  };
  const ending = useRef(toPreview);
  ending.current = toPreview;

  const begin = async () => {
    const mine = ++attempt.current;
    setProblem(null);
    setPhase({ kind: 'asking' });
    onBusy(true);
    try {
      const begun = await Recording.begin(
        () => draw(count => count + 1),
        () => void ending.current(),
      );
      if (attempt.current !== mine) {
        begun.cancel();
        return;
      }
      recording.current = begun;
      setPhase({ kind: 'recording' });
      say(words('voice.started'));
    } catch (error) {
      if (attempt.current !== mine) return;
      const found = problemOf(error);
      end();
      setProblem(found);
      alarm(words(PROBLEMS[found]));
    }
  };
  const cancel = useCallback(() => {
    end();
    say(words('voice.cancelled'));
    onDone();
  }, [end, say, words, onDone]);
  const send = async (voice: VoiceFile | null) => {
    if (!voice) return;
    const { replyTo } = draftOf(messenger.store.getState(), conversation);
    messenger.client.send(conversation, '', replyTo, [voice.file], { duration_ms: voice.durationMs, waveform: voice.waveform });
    messenger.setDraft(conversation, { replyTo: null });
    messenger.history.backToNow(conversation);
    end();
    onDone();
  };

  useEffect(() => {
    if (kind === 'idle' && problem === null) return undefined;
    // Before the keys of the page, for which Escape means something else.
    const keys = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      event.stopPropagation();
      // A finished recording is only deleted by its button.
      if (kind === 'ready') place.current?.querySelector<HTMLElement>('[data-act="delete"]')?.focus();
      else if (kind === 'idle') setProblem(null);
      else cancel();
    };
    window.addEventListener('keydown', keys, true);
    return () => window.removeEventListener('keydown', keys, true);
  }, [kind, problem, cancel]);

  // What had the focus is gone: it goes to what ends the recording, and then to what sends it.
  const isOpen = kind === 'ready' || (kind !== 'idle' && !isHeld);
  const act = kind === 'ready' ? 'send' : problem === null ? 'stop' : 'close';
  useEffect(() => {
    if (!isOpen && problem === null) return undefined;
    const move = () => place.current?.querySelector<HTMLElement>(`[data-act="${act}"]`)?.focus();
    move();
    // A microphone may be refused while the button is being pressed, and the press would take the focus back.
    const again = requestAnimationFrame(move);
    return () => cancelAnimationFrame(again);
  }, [isOpen, act, problem]);

  const elapsed = playingTime((recording.current?.elapsed ?? 0) / 1000);
  const drawn = recording.current?.peaks.slice(-DRAWN).map(peak => Math.round(Math.min(1, peak * 2) * LOUDEST)) ?? [];
  const padded = [...Array.from({ length: DRAWN - drawn.length }, () => 0), ...drawn];
  return (
    <span ref={place} className={join(styles.recorder, kind !== 'idle' && styles.busy)}>
      {problem !== null && (
        <span className={styles.problem}>
          {words(PROBLEMS[problem])}
          <button type="button" className={controls.icon} data-act="close" aria-label={t('common.close')} onClick={() => setProblem(null)}>
            <X aria-hidden size={18} />
          </button>
        </span>
      )}
      {phase.kind === 'ready' && <Preview voice={phase.voice} onDelete={cancel} onSend={() => void send(phase.voice)} />}
      {(kind === 'asking' || kind === 'recording') && (
        <>
          {!isHeld && (
            <button type="button" className={controls.icon} aria-label={words('voice.cancel')} onClick={cancel}>
              <Trash2 aria-hidden size={20} />
            </button>
          )}
          <span className={styles.panel}>
            <span className={join(styles.dot, kind === 'recording' && styles.live)} />
            <span className={styles.time} role="timer" aria-label={words('voice.recording', { at: elapsed })}>
              {elapsed}
            </span>
            <span className={styles.wave}>
              <Bars values={padded} played={1} />
            </span>
            {isHeld && <span className={styles.hint}>{words('voice.slide')}</span>}
          </span>
        </>
      )}
      {isOpen && kind !== 'ready' && (
        <>
          <button
            type="button"
            className={controls.icon}
            data-act="stop"
            aria-label={words('voice.stop')}
            // The key that began the recording may still be down.
            onKeyDown={event => event.repeat && event.preventDefault()}
            onClick={() => void toPreview()}
          >
            <Square aria-hidden size={18} fill="currentColor" />
          </button>
          <button type="button" className={styles.send} aria-label={words('voice.send')} onClick={() => void finish().then(send)}>
            <SendHorizontal aria-hidden size={22} />
          </button>
        </>
      )}
      {!isOpen && (
        <button
          type="button"
          className={join(styles.send, isHeld && styles.held)}
          aria-label={words('voice.record')}
          title={words('voice.hint')}
          onPointerDown={event => {
            if (event.button !== 0 || kind !== 'idle') return;
            event.currentTarget.setPointerCapture(event.pointerId);
            finger.current = { x: event.clientX, y: event.clientY, at: event.timeStamp };
            setHeld(true);
            void begin();
          }}
          onPointerMove={event => {
            const from = finger.current;
            if (!from) return;
            if (Math.abs(event.clientX - from.x) > AWAY) cancel();
            else if (from.y - event.clientY > UP) {
              finger.current = null;
              setHeld(false);
              say(words('voice.locked'));
            }
          }}
          onPointerUp={event => {
            const from = finger.current;
            finger.current = null;
            if (!from) return;
            // Let go while the browser asks for the microphone: the recording begins without the finger.
            if (event.timeStamp - from.at < TAP || !recording.current) setHeld(false);
            else void toPreview();
          }}
          onPointerCancel={() => {
            finger.current = null;
            setHeld(false);
          }}
          onContextMenu={event => event.preventDefault()}
          onClick={event => {
            // By keys or a screen reader; a pointer began it when it went down.
            if (event.detail === 0 && kind === 'idle') void begin();
          }}
        >
          <Mic aria-hidden size={22} />
        </button>
      )}
    </span>
  );
}
