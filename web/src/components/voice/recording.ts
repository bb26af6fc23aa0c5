import { waveformOf } from './waveform.ts';

export interface VoiceFile {
  file: File;
  durationMs: number;
  waveform: number[];
}

/** Why nothing can be recorded. */
export type MicrophoneProblem = 'denied' | 'none' | 'busy' | 'failed';

/** Opus where the browser has it; AAC is all that older Safari has. */
const FORMATS = [
  ['audio/webm;codecs=opus', 'weba'],
  ['audio/ogg;codecs=opus', 'ogg'],
  ['audio/mp4', 'm4a'],
] as const;

const BITS_PER_SECOND = 32_000;
/** Milliseconds between two peaks. */
const EVERY = 50;
/** The service takes no longer one; a little less, since the recorder stops a moment later. */
const LONGEST_MS = 3_590_000;

export function problemOf(error: unknown): MicrophoneProblem {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/** A recording that is under way. The microphone is let go of in every way out: `finish`, `cancel`, its end, and a failure to begin. */
export class Recording {
  /** The peaks so far, between 0 and 1, one for each `EVERY` milliseconds. */
  readonly peaks: number[] = [];
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #extension: string;
  readonly #sound: AudioContext;
  readonly #began = performance.now();
  readonly #pieces: Blob[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #stopped: Promise<void>;
  #duration: number | null = null;

  /** `onPeak` is called with each new peak, `onEnd` where it ends by itself: the microphone was pulled out, or it is as long as it may be. */
  static async begin(onPeak: () => void, onEnd: () => void): Promise<Recording> {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    try {
      return new Recording(stream, onPeak, onEnd);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
  }

  private constructor(stream: MediaStream, onPeak: () => void, onEnd: () => void) {
    const [type, extension] = FORMATS.find(([format]) => MediaRecorder.isTypeSupported(format)) ?? [];
    if (!type || !extension) throw new DOMException('no format that the service takes', 'NotSupportedError');
    this.#stream = stream;
    this.#extension = extension;
    this.#recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
    this.#sound = new AudioContext();
    const analyser = this.#sound.createAnalyser();
    analyser.fftSize = 2048;
    this.#sound.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#recorder.addEventListener('dataavailable', ({ data }) => this.#pieces.push(data));
    this.#stopped = new Promise(resolve => {
      this.#recorder.addEventListener('stop', () => {
        const isEndless = this.#duration === null;
        this.#release();
        resolve();
        if (isEndless) onEnd();
      });
    });
    this.#recorder.start();
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.peaks.push(samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
      onPeak();
      if (this.elapsed >= LONGEST_MS) onEnd();
    }, EVERY);
  }

  /** Milliseconds. */
  get elapsed(): number {
    return this.#duration ?? performance.now() - this.#began;
  }

  async finish(): Promise<VoiceFile> {
    this.#release();
    await this.#stopped;
    const type = this.#recorder.mimeType.split(';')[0] ?? '';
    const stamp = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
    const file = new File(this.#pieces, `voice-${stamp}.${this.#extension}`, { type });
    return { file, durationMs: Math.max(1, Math.round(this.elapsed)), waveform: waveformOf(this.peaks) };
  }

  cancel(): void {
    this.#release();
    this.#pieces.length = 0;
  }

  /** Stops everything; called again it does nothing. */
  #release(): void {
    this.#duration ??= performance.now() - this.#began;
    clearInterval(this.#timer);
    if (this.#recorder.state !== 'inactive') this.#recorder.stop();
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#sound.state !== 'closed') void this.#sound.close();
  }
}
