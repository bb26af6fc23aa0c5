import type { Attachment, User } from '@suhbat/client';
import { aziz, malika } from '@suhbat/client/testing/builders.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { AttachmentGrid } from './AttachmentGrid.tsx';
import { playingTime } from './playingTime.ts';

const recording = (id: number, more: Partial<Attachment> = {}): Attachment => ({
  id,
  file: `http://fake/file/${id}?expires=1&signature=a`,
  thumbnail: null,
  file_type: 'audio',
  file_name: `voice ${id}.ogg`,
  file_size: 2048,
  mime_type: 'audio/ogg',
  width: null,
  height: null,
  uploaded_at: '2026-11-22T12:00:00Z',
  voice: null,
  ...more,
});

/** Recordings of these people, one below the other. */
async function played(tab: 0 | -1, ...people: User[]) {
  vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(function play(this: HTMLMediaElement) {
    fireEvent.play(this);
    return Promise.resolve();
  });
  vi.spyOn(HTMLMediaElement.prototype, 'pause').mockImplementation(function pause(this: HTMLMediaElement) {
    fireEvent.pause(this);
  });
  const stage = new Stage();
  people.forEach((person, index) => {
    stage.server.say(1, person, '', { attachments: [recording(index + 1)] });
  });
  await stage.begin(1);
  const { container } = await stage.inChat(
    <div role="log">
      {people.map((_, index) => (
        <AttachmentGrid key={stage.message(index + 1).id} message={stage.message(index + 1)} tab={tab} onPlaying={() => {}} />
      ))}
    </div>,
  );
  await screen.findAllByRole('slider');
  return { stage, container, sounds: [...container.querySelectorAll('audio')] };
}

describe('a recording', () => {
  it('plays, pauses, and shows where it is', async () => {
    const { stage, container, sounds } = await played(0, malika);
    const [sound] = sounds as [HTMLAudioElement];
    vi.spyOn(sound, 'duration', 'get').mockReturnValue(125);
    fireEvent.durationChange(sound);
    expect(container).toHaveTextContent('2:05');
    await userEvent.click(screen.getByRole('button', { name: 'Play voice 1.ogg' }));
    expect(stage.asked).toContain('playing');
    sound.currentTime = 5;
    fireEvent.timeUpdate(sound);
    expect(container).toHaveTextContent('0:05 / 2:05');
    expect(screen.getByRole('slider')).toHaveAttribute('aria-valuetext', '0:05 of 2:05');
    fireEvent.change(screen.getByRole('slider'), { target: { value: '60' } });
    expect(sound.currentTime).toBe(60);
    await expectAccessible(container);
    vi.spyOn(sound, 'paused', 'get').mockReturnValue(false);
    await userEvent.click(screen.getByRole('button', { name: 'Pause voice 1.ogg' }));
    expect(screen.getByRole('button', { name: 'Play voice 1.ogg' })).toBeVisible();
  });
  it('goes faster, as all do from then on', async () => {
    const { stage, sounds } = await played(0, malika, malika);
    const speed = () => screen.getAllByRole('button', { name: /^Speed/ })[0] as HTMLElement;
    expect(speed()).toHaveAccessibleName('Speed: 1 times');
    await userEvent.click(speed());
    expect(sounds.map(sound => sound.playbackRate)).toEqual([1.5, 1.5]);
    await userEvent.click(speed());
    await userEvent.click(speed());
    expect(stage.preferences.getState().rate).toBe(1);
  });
  it('is followed by the next one of the same person, and by no other', async () => {
    const { sounds } = await played(0, malika, malika, aziz);
    fireEvent.ended(sounds[0] as Element);
    expect(screen.getByRole('button', { name: 'Pause voice 2.ogg' })).toBeVisible();
    fireEvent.pause(sounds[1] as Element);
    fireEvent.ended(sounds[1] as Element);
    expect(screen.queryByRole('button', { name: 'Pause voice 3.ogg' })).toBeNull();
  });
  it('can be reached in the focused row only, a broken one too', async () => {
    await played(-1, malika);
    expect(screen.getByRole('button', { name: 'Play voice 1.ogg' })).toHaveAttribute('tabindex', '-1');
    expect(screen.getByRole('slider')).toHaveAttribute('tabindex', '-1');
  });
  it('is a card where it cannot be played', async () => {
    const { stage, sounds } = await played(0, malika);
    fireEvent.error(sounds[0] as Element);
    await stage.pass(10);
    expect(screen.getByRole('link', { name: 'Download voice 1.ogg' })).toHaveAttribute('tabindex', '0');
  });
  it('goes on playing where it was when its address was renewed', async () => {
    const { stage, sounds } = await played(0, malika);
    const room = stage.server.rooms.get(1);
    const renewed = recording(1, { file: 'http://fake/file/1?expires=9999999999' });
    if (room?.messages[0]) room.messages[0] = { ...room.messages[0], attachments: [renewed] };
    const [sound] = sounds as [HTMLAudioElement];
    vi.spyOn(sound, 'paused', 'get').mockReturnValue(false);
    sound.currentTime = 42;
    fireEvent.error(sound);
    await stage.pass(10);
    expect(sound.src).toBe(renewed.file);
    sound.currentTime = 0;
    vi.mocked(sound.play).mockClear();
    act(() => void fireEvent.loadedMetadata(sound));
    expect(sound.currentTime).toBe(42);
    expect(sound.play).toHaveBeenCalledOnce();
  });
  it('names its time as clocks do', () => {
    expect([0, 5.9, 65, 3_723].map(playingTime)).toEqual(['0:00', '0:05', '1:05', '1:02:03']);
  });
});
