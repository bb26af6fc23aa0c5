import { settle } from '@suhbat/client/testing/fake-clock.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { Recording } from './recording.ts';
import VoiceRecorder from './VoiceRecorder.tsx';

/** A microphone that hears one loud tone, and the parts of a browser that record it. */
class Microphone {
  readonly tracks: { stop: ReturnType<typeof vi.fn> }[] = [];
  refusal: DOMException | null = null;
  formats: readonly string[] = ['audio/webm;codecs=opus'];
  recorders: EventTarget[] = [];

  plugIn(): void {
    const microphone = this;
    Object.defineProperty(navigator, 'mediaDevices', { value: { getUserMedia: () => this.#open() }, configurable: true });
    vi.stubGlobal(
      'MediaRecorder',
      class extends EventTarget {
        static isTypeSupported = (type: string) => microphone.formats.includes(type);
        state = 'inactive';
        mimeType: string;
        constructor(_stream: unknown, options: { mimeType: string }) {
          super();
          this.mimeType = options.mimeType;
          microphone.recorders.push(this);
        }
        start() {
          this.state = 'recording';
        }
        stop() {
          this.state = 'inactive';
          this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: new Blob(['sound']) }));
          this.dispatchEvent(new Event('stop'));
        }
      },
    );
    vi.stubGlobal(
      'AudioContext',
      class {
        state = 'running';
        createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: (samples: Float32Array) => samples.fill(0.5) });
        createMediaStreamSource = () => ({ connect: () => {} });
        close = () => {
          this.state = 'closed';
          return Promise.resolve();
        };
      },
    );
  }

  #open(): Promise<unknown> {
    if (this.refusal) return Promise.reject(this.refusal);
    const track = { stop: vi.fn() };
    this.tracks.push(track);
    return Promise.resolve({ getTracks: () => [track] });
  }

  get isOpen(): boolean {
    return this.tracks.some(track => track.stop.mock.calls.length === 0);
  }
}

let microphone: Microphone;
let uploads: { fields: Record<string, string>; files: readonly File[] }[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  URL.createObjectURL = () => 'blob:recording';
  URL.revokeObjectURL = () => {};
  HTMLElement.prototype.setPointerCapture = () => {};
  microphone = new Microphone();
  microphone.plugIn();
  uploads = [];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'mediaDevices');
});

async function recorder() {
  const stage = new Stage();
  const sent = vi.spyOn(stage.messenger.client, 'send').mockImplementation((_conversation, _content, _reply, files = [], voice) => {
    uploads.push({ fields: { voice: JSON.stringify(voice) }, files });
    return null as never;
  });
  await stage.begin(1);
  const onDone = vi.fn();
  const shown = await stage.inChat(<VoiceRecorder conversation={1} onBusy={() => {}} onDone={onDone} />);
  const button = (name: string) => screen.getByRole('button', { name });
  const speak = (milliseconds: number) =>
    act(async () => {
      await settle();
      vi.advanceTimersByTime(milliseconds);
    });
  return { ...shown, stage, sent, onDone, button, speak };
}

const RECORD = 'Record a voice message';
const press = (
  element: HTMLElement,
  type: 'pointerDown' | 'pointerMove' | 'pointerUp' | 'pointerCancel',
  x: number,
  y: number,
  at: number,
) =>
  act(async () => {
    const event = new MouseEvent(type.toLowerCase(), { bubbles: true, button: 0, clientX: x, clientY: y });
    Object.defineProperty(event, 'timeStamp', { value: at });
    fireEvent(element, event);
  });

describe('the recorder of voice messages', () => {
  it('works by keyboard: record, stop, listen, send', async () => {
    const { container, button, speak, onDone } = await recorder();
    button(RECORD).focus();
    await userEvent.keyboard('{Enter}');
    await speak(3_000);
    expect(button('Stop and listen')).toHaveFocus();
    expect(screen.getByRole('timer')).toHaveAccessibleName('Recording, 0:03');
    await expectAccessible(container);
    await userEvent.keyboard('{Enter}');
    expect(microphone.isOpen).toBe(false);
    expect(button('Send voice message')).toHaveFocus();
    expect(screen.getByText('Recorded 0:03. Listen, send or delete it.')).toBeInTheDocument();
    await expectAccessible(container);
    expect(uploads).toEqual([]);
    await userEvent.keyboard('{Enter}');
    expect(uploads).toHaveLength(1);
    const [file] = uploads[0]?.files ?? [];
    expect([file?.name, file?.type, file?.size]).toEqual([expect.stringMatching(/^voice-[\d-]+\.weba$/), 'audio/webm', 5]);
    const voice = JSON.parse(uploads[0]?.fields['voice'] ?? '') as { duration_ms: number; waveform: number[] };
    expect(voice).toEqual({ duration_ms: 3_000, waveform: Array.from({ length: 60 }, () => 31) });
    expect(onDone).toHaveBeenCalled();
    expect(button(RECORD)).toBeVisible();
  });

  it('is cancelled by Escape, which reaches nothing else', async () => {
    const { button, speak, onDone } = await recorder();
    const elsewhere = vi.fn();
    document.body.addEventListener('keydown', elsewhere);
    fireEvent.click(button(RECORD));
    await speak(3_000);
    expect(microphone.isOpen).toBe(true);
    await userEvent.keyboard('{Escape}');
    expect(elsewhere).not.toHaveBeenCalled();
    document.body.removeEventListener('keydown', elsewhere);
    expect(microphone.isOpen).toBe(false);
    expect(onDone).toHaveBeenCalled();
    expect(uploads).toEqual([]);
    expect(screen.getByText('Recording cancelled')).toBeInTheDocument();
  });

  it('records while it is held, and keeps what was said for listening', async () => {
    const { button, speak } = await recorder();
    await press(button(RECORD), 'pointerDown', 300, 600, 1);
    await speak(2_000);
    await press(button(RECORD), 'pointerUp', 300, 600, 2_000);
    expect(microphone.isOpen).toBe(false);
    expect(button('Delete recording')).toBeVisible();
    await userEvent.keyboard('{Escape}');
    expect(button('Delete recording')).toHaveFocus();
    fireEvent.click(button('Delete recording'));
    expect(button(RECORD)).toBeVisible();
    expect(uploads).toEqual([]);
  });

  it.each([
    ['slides away', [200, 600], RECORD, false],
    ['slides up', [300, 500], 'Stop and listen', true],
  ] as const)('a finger that %s', async (_what, [x, y], left, isOpen) => {
    const { button, speak } = await recorder();
    await press(button(RECORD), 'pointerDown', 300, 600, 1);
    await speak(1_000);
    await press(button(RECORD), 'pointerMove', x, y, 1_000);
    expect(button(left)).toBeVisible();
    expect(microphone.isOpen).toBe(isOpen);
  });

  it('goes on without the finger after a tap, or when the system takes the finger', async () => {
    for (const [type, at] of [
      ['pointerUp', 100],
      ['pointerCancel', 2_000],
    ] as const) {
      const { button, speak, unmount } = await recorder();
      await press(button(RECORD), 'pointerDown', 300, 600, 1);
      await speak(at);
      await press(button(RECORD), type, 300, 600, at);
      expect(button('Stop and listen')).toBeVisible();
      expect(microphone.isOpen).toBe(true);
      unmount();
      expect(microphone.isOpen).toBe(false);
    }
  });

  it('sends at once what is not listened to', async () => {
    const { button, speak } = await recorder();
    fireEvent.click(button(RECORD));
    await speak(1_500);
    await act(async () => fireEvent.click(button('Send voice message')));
    expect(uploads).toHaveLength(1);
    expect(microphone.isOpen).toBe(false);
  });

  it('does not keep what is too short to hear', async () => {
    const { button, speak } = await recorder();
    fireEvent.click(button(RECORD));
    await speak(100);
    await act(async () => fireEvent.click(button('Stop and listen')));
    expect(screen.getByText('That was too short to hear.')).toBeInTheDocument();
    expect(microphone.isOpen).toBe(false);
    expect(button(RECORD)).toBeVisible();
  });

  it.each([
    ['NotAllowedError', 'The microphone is not allowed. Allow it for this page in the browser’s settings.'],
    ['NotFoundError', 'No microphone was found.'],
    ['NotReadableError', 'The microphone cannot be used now: another program may have it.'],
  ])('says what is wrong: %s', async (name, sentence) => {
    microphone.refusal = new DOMException('no', name);
    const { container, button } = await recorder();
    await act(async () => fireEvent.click(button(RECORD)));
    expect(screen.getByRole('alert')).toHaveTextContent(sentence);
    expect(button('Close')).toHaveFocus();
    await expectAccessible(container);
    fireEvent.click(button('Close'));
    expect(screen.queryByRole('button', { name: 'Close' })).toBeNull();
    expect(button(RECORD)).toBeVisible();
  });

  it('lets go of the microphone where the browser has no format that the service takes', async () => {
    microphone.formats = ['audio/aiff'];
    const { button } = await recorder();
    await act(async () => fireEvent.click(button(RECORD)));
    expect(screen.getByRole('alert')).toHaveTextContent('Recording did not work.');
    expect(microphone.tracks).toHaveLength(1);
    expect(microphone.isOpen).toBe(false);
  });

  it('lets go of a microphone that is allowed after it was cancelled', async () => {
    const { button } = await recorder();
    fireEvent.click(button(RECORD));
    await act(async () => fireEvent.click(button('Cancel recording')));
    expect(microphone.tracks).toHaveLength(1);
    expect(microphone.isOpen).toBe(false);
  });

  it('keeps what was said until the microphone was pulled out', async () => {
    const { button, speak } = await recorder();
    fireEvent.click(button(RECORD));
    await speak(2_000);
    await act(async () => (microphone.recorders[0] as MediaRecorder | undefined)?.stop());
    expect(button('Delete recording')).toBeVisible();
    expect(microphone.isOpen).toBe(false);
  });
});

describe('the format of a recording', () => {
  it.each([
    [['audio/ogg;codecs=opus', 'audio/mp4'], 'ogg', 'audio/ogg'],
    [['audio/mp4'], 'm4a', 'audio/mp4'],
  ])('is the best that the browser has: %s', async (formats, ending, type) => {
    microphone.formats = formats;
    const recording = await Recording.begin(
      () => {},
      () => {},
    );
    vi.advanceTimersByTime(1_000);
    const { file } = await recording.finish();
    expect([file.name.split('.').at(-1), file.type]).toEqual([ending, type]);
  });
});
