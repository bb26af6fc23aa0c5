import type { Page } from '@playwright/test';
import { AZIZ, MALIKA } from './people.ts';
import { axe, expect, field, rows, test } from './test.ts';

const RECORD = 'Record a voice message';
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
/** Whether any track of a microphone is live: the page keeps them where the test can see them. */
const watchMicrophone = (page: Page) =>
  page.evaluate(() => {
    const tracks: MediaStreamTrack[] = [];
    Object.assign(window, { microphones: tracks });
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async wish => {
      const stream = await open(wish);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
const isOpen = (page: Page) =>
  page.evaluate(() => (window as unknown as { microphones: MediaStreamTrack[] }).microphones.some(track => track.readyState === 'live'));

test('a voice message is recorded by keyboard, listened to, sent, and played on the other side', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await watchMicrophone(aziz);
  await button(aziz, RECORD).press('Enter');
  await expect(aziz.getByRole('timer')).toHaveAccessibleName(/0:0[3-9]|0:[1-5]/);
  expect(await isOpen(aziz)).toBe(true);
  await axe(aziz, 'recording');
  await expect(button(aziz, 'Stop and listen')).toBeFocused();
  await aziz.keyboard.press('Enter');
  await expect(button(aziz, 'Send voice message')).toBeFocused();
  expect(await isOpen(aziz)).toBe(false);
  await axe(aziz, 'a recording before it is sent');
  await button(aziz, 'Play recording').click();
  await expect(button(aziz, 'Pause recording')).toBeVisible();
  await button(aziz, 'Send voice message').click();
  await expect(field(aziz)).toBeFocused();
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page).getByRole('button', { name: 'Play Voice message' })).toBeVisible();
  }
  const history = (await service.api(MALIKA, 'GET', `messaging/messages/?conversation=${chat}`)) as {
    results: { attachments: { mime_type: string; voice: { duration_ms: number; waveform: number[] } }[] }[];
  };
  const [file] = history.results[0]?.attachments ?? [];
  expect(file?.mime_type).toBe('audio/webm');
  expect(file?.voice.duration_ms).toBeGreaterThan(2_500);
  expect(file?.voice.waveform.length).toBeGreaterThan(30);
  expect(file?.voice.waveform.length).toBeLessThanOrEqual(64);
  // The microphone of the tests beeps.
  expect(Math.max(...(file?.voice.waveform ?? []))).toBe(31);
  await axe(malika, 'a voice message');
  await button(malika, 'Play Voice message').click();
  await expect
    .poll(() => malika.locator('[data-player] audio').evaluate((audio: HTMLAudioElement) => audio.currentTime))
    .toBeGreaterThan(0.2);
});

test('a recording is cancelled by Escape, and by leaving the conversation', async ({ as, chat, service }) => {
  const wish = { target_user_id: 3, confession_id: 2 };
  const other = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', wish)) as { id: number };
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await watchMicrophone(aziz);
  await button(aziz, RECORD).press('Enter');
  await expect(aziz.getByRole('timer')).toHaveAccessibleName(/0:0[1-9]|0:[1-5]/);
  await aziz.keyboard.press('Escape');
  await expect(field(aziz)).toBeFocused();
  expect(await isOpen(aziz)).toBe(false);
  await button(aziz, RECORD).press('Enter');
  await expect(aziz.getByRole('timer')).toHaveAccessibleName(/0:0[1-9]|0:[1-5]/);
  await aziz.locator(`[data-row="${other.id}"]`).click();
  await expect(aziz.getByRole('timer')).toHaveCount(0);
  expect(await isOpen(aziz)).toBe(false);
});

test('a finger holds, slides away to cancel and up to lock', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}`, viewport: { width: 360, height: 640 } });
  await watchMicrophone(aziz);
  const box = await button(aziz, RECORD).boundingBox();
  const [x, y] = [(box?.x ?? 0) + 20, (box?.y ?? 0) + 20];
  const hold = async () => {
    await aziz.mouse.move(x, y);
    await aziz.mouse.down();
    await expect(aziz.getByRole('timer')).toHaveAccessibleName(/0:0[1-9]|0:[1-5]/);
  };
  await hold();
  await expect(aziz.getByText('Slide away to cancel, up to lock')).toBeVisible();
  await aziz.mouse.move(x - 120, y, { steps: 4 });
  await expect(aziz.getByRole('timer')).toHaveCount(0);
  await aziz.mouse.up();
  expect(await isOpen(aziz)).toBe(false);
  await hold();
  await aziz.mouse.move(x, y - 90, { steps: 4 });
  await aziz.mouse.up();
  await expect(button(aziz, 'Stop and listen')).toBeVisible();
  expect(await isOpen(aziz)).toBe(true);
  const width = await aziz.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(360);
  await axe(aziz, 'recording on a phone');
  await button(aziz, 'Cancel recording').click();
  await hold();
  await aziz.mouse.up();
  await expect(button(aziz, 'Delete recording')).toBeVisible();
  expect(await isOpen(aziz)).toBe(false);
  await button(aziz, 'Delete recording').click();
  await expect(field(aziz)).toBeFocused();
  await expect(rows(aziz)).toHaveCount(0);
});

for (const [name, sentence] of [
  ['NotAllowedError', 'The microphone is not allowed. Allow it for this page in the browser’s settings.'],
  ['NotFoundError', 'No microphone was found.'],
] as const)
  test(`a microphone that cannot be had has its sentence: ${name}`, async ({ as, chat }) => {
    const aziz = await as(AZIZ, { path: `c/${chat}` });
    await expect(button(aziz, RECORD)).toBeVisible();
    await aziz.evaluate(refusal => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', refusal));
    }, name);
    await button(aziz, RECORD).click();
    await expect(aziz.getByRole('alert').filter({ hasText: sentence })).toHaveCount(1);
    await expect(button(aziz, 'Close')).toBeFocused();
    await axe(aziz, sentence);
    await aziz.keyboard.press('Escape');
    await expect(button(aziz, 'Close')).toHaveCount(0);
    await field(aziz).fill('I write instead');
    await expect(button(aziz, 'Send')).toBeVisible();
  });
