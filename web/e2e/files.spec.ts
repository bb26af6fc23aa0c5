import type { Page } from '@playwright/test';
import { png, text, wav } from './files.ts';
import { AZIZ, MALIKA } from './people.ts';
import { axe, expect, field, rows, test } from './test.ts';

const RED: [number, number, number] = [180, 60, 40];
const choose = (page: Page, files: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]) =>
  page.locator('input[type=file]').setInputFiles(files);
const send = (page: Page) => page.getByRole('button', { name: 'Send', exact: true }).click();

/** As slow as a bad phone connection, so that one can watch; slower still for files that take long to look at. */
async function slowly(page: Page, bytesPerSecond = 150_000): Promise<() => Promise<unknown>> {
  const session = await page.context().newCDPSession(page);
  const limit = (uploadThroughput: number) =>
    session.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput });
  await session.send('Network.enable');
  await limit(bytesPerSecond);
  return () => limit(-1);
}

test('pictures go in a grid, open in full, and go on by keys', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await choose(
    aziz,
    Array.from({ length: 6 }, (_, i) => png(`photo ${i + 1}.png`, 640 + i, 480, RED)),
  );
  await field(aziz).fill('from the feast');
  await send(aziz);
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page).getByRole('button', { name: /^Image photo/ })).toHaveCount(4);
    await expect(rows(page).getByRole('button', { name: 'Image photo 4.png, +2' })).toContainText('+2');
    await expect(rows(page)).toContainText('from the feast');
    await expect
      .poll(() =>
        rows(page)
          .locator('img')
          .first()
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
      )
      .toBeGreaterThan(0);
  }
  await expect(malika.locator('[data-row]')).toContainText('from the feast');
  await axe(malika, 'pictures');
  await rows(malika).getByRole('button', { name: 'Image photo 1.png' }).click();
  const box = malika.getByRole('dialog', { name: 'Image viewer' });
  await expect(box).toContainText('1 of 6');
  await malika.keyboard.press('ArrowRight');
  await expect(box).toContainText('2 of 6');
  await expect.poll(() => box.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(641);
  await axe(malika, 'image viewer');
  await malika.keyboard.press('ArrowLeft');
  await malika.keyboard.press('ArrowLeft');
  await expect(box).toContainText('1 of 6');
  const kept = malika.waitForEvent('download');
  await box.getByRole('link', { name: 'Download' }).click();
  expect((await kept).suggestedFilename()).toBe('photo 1.png');
  await malika.keyboard.press('Escape');
  await expect(box).toHaveCount(0);
  await expect(rows(malika).getByRole('button', { name: 'Image photo 1.png' })).toBeFocused();

  await malika.setViewportSize({ width: 360, height: 640 });
  const sticksOut = () =>
    rows(malika)
      .locator('[data-bubble]')
      .evaluate(bubble => {
        const edge = bubble.getBoundingClientRect().right;
        return [...bubble.querySelectorAll('img')].some(image => image.getBoundingClientRect().right > edge);
      });
  await expect.poll(sticksOut).toBe(false);
});

test('a document is a card, a recording plays and seeks', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await choose(aziz, [text('Notes of the meeting, long enough to be cut in its middle.txt', 2_000), wav('voice.wav', 120)]);
  await send(aziz);
  await expect(rows(malika)).toHaveCount(1);
  const name = rows(malika)
    .getByTitle(/^Notes/)
    .locator('span');
  expect(await name.first().evaluate(head => head.scrollWidth > head.clientWidth)).toBe(true);
  expect(await name.last().evaluate(tail => tail.scrollWidth <= tail.clientWidth || tail.clientWidth === 0)).toBe(true);
  await expect(name.last()).toHaveText('ddle.txt');
  const kept = malika.waitForEvent('download');
  await rows(malika)
    .getByRole('link', { name: /^Download Notes/ })
    .click();
  expect((await kept).suggestedFilename()).toBe('Notes of the meeting, long enough to be cut in its middle.txt');
  const sound = malika.locator('audio');
  await expect.poll(() => sound.evaluate((audio: HTMLAudioElement) => audio.duration)).toBe(120);
  const sought = await sound.evaluate(
    (audio: HTMLAudioElement) =>
      new Promise(resolve => {
        audio.addEventListener('seeked', () => resolve(audio.currentTime), { once: true });
        audio.currentTime = 100;
      }),
  );
  expect(sought).toBe(100);
  await axe(malika, 'a card and a player');
});

test('each file has its ring; one is taken out on the way, the rest arrives', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const quickly = await slowly(aziz, 20_000);
  await choose(aziz, [text('first.txt', 400_000), text('second.txt', 400_000)]);
  await send(aziz);
  const bars = aziz.getByRole('progressbar');
  await expect(bars).toHaveCount(2);
  await expect.poll(async () => Number(await bars.first().getAttribute('aria-valuenow'))).toBeGreaterThan(10);
  await expect(bars.last()).toHaveAttribute('aria-valuenow', '0');
  await axe(aziz, 'on the way');
  await aziz.getByRole('button', { name: 'Remove second.txt' }).click();
  await quickly();
  await expect(rows(malika)).toHaveCount(1);
  await expect(rows(malika).getByRole('link', { name: 'Download first.txt' })).toBeVisible();
  await expect(malika.getByRole('link', { name: 'Download second.txt' })).toHaveCount(0);
  await expect(rows(aziz)).toHaveCount(1);
});

test('all taken out is nothing sent', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const quickly = await slowly(aziz, 20_000);
  await choose(aziz, text('regretted.txt', 600_000));
  await send(aziz);
  await expect(aziz.getByRole('progressbar')).toHaveCount(1);
  await aziz.getByRole('button', { name: 'Remove regretted.txt' }).click();
  await expect(rows(aziz)).toHaveCount(0);
  await quickly();
  await field(aziz).fill('instead');
  await send(aziz);
  await expect(rows(aziz)).toHaveCount(1);
  const page = (await service.api(AZIZ, 'GET', `messaging/messages/?conversation=${chat}`)) as { results: { content: string }[] };
  expect(page.results.map(message => message.content)).toEqual(['instead']);
});

test('a connection cut in the middle sends again, and the message arrives once', async ({ as, chat, faultProxy, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const quickly = await slowly(aziz);
  await choose(aziz, text('stubborn.txt', 600_000));
  await field(aziz).fill('comes through');
  await send(aziz);
  await expect.poll(async () => Number(await aziz.getByRole('progressbar').getAttribute('aria-valuenow'))).toBeGreaterThan(30);
  faultProxy.cutUploads();
  await quickly();
  await expect(rows(aziz).getByRole('link', { name: 'Download stubborn.txt' })).toBeVisible();
  const page = (await service.api(AZIZ, 'GET', `messaging/messages/?conversation=${chat}`)) as { results: unknown[] };
  expect(page.results).toHaveLength(1);
});

test('a file that the service refuses shows the reason, and can be removed or tried again', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await choose(aziz, { name: 'page.png', mimeType: 'image/png', buffer: Buffer.from('<!doctype html><script>alert(1)</script>') });
  await send(aziz);
  await expect(rows(aziz).locator('..').getByText('This type of file cannot be sent')).toBeVisible();
  await aziz.getByRole('button', { name: 'Retry' }).click();
  await expect(rows(aziz).locator('..').getByText('This type of file cannot be sent')).toBeVisible();
  await aziz.getByRole('button', { name: 'Delete', exact: true }).click();
  await aziz.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(rows(aziz)).toHaveCount(0);

  await choose(aziz, png('huge.png', 4, 4, RED, [12_000, 12_000]));
  await send(aziz);
  await expect(rows(aziz).locator('..').getByText('The image has too many pixels')).toBeVisible();
});

test('a deleted message takes its files along', async ({ as, chat, request }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await choose(aziz, png('gone.png', 300, 200, RED));
  await send(aziz);
  const address = (await rows(malika).locator('img').getAttribute('src')) ?? '';
  expect((await request.get(new URL(address, malika.url()).href)).status()).toBe(200);
  await rows(aziz).first().hover();
  await rows(aziz).getByRole('button', { name: 'Actions for this message' }).click();
  await aziz.getByRole('menuitem', { name: 'Delete' }).click();
  await aziz.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(rows(malika)).toHaveCount(0);
  expect((await request.get(new URL(address, malika.url()).href)).status()).toBe(404);
});

test.describe('links that expire soon', () => {
  test.use({ settings: { SUHBAT__LIMITS__LINK_SECONDS: '6' } });
  test('an expired one heals by itself', async ({ as, chat, request }) => {
    const aziz = await as(AZIZ, { path: `c/${chat}` });
    await expect(field(aziz)).toBeVisible();
    await choose(aziz, [png('kept.png', 700, 500, RED), text('kept.txt', 500)]);
    await send(aziz);
    const picture = rows(aziz).getByRole('button', { name: 'Image kept.png' });
    await expect.poll(() => picture.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
    const old = new URL((await picture.locator('img').getAttribute('src')) ?? '', aziz.url()).href;
    await expect.poll(async () => (await request.get(old)).status()).toBe(401);
    await picture.click();
    const full = aziz.getByRole('dialog').locator('img');
    await expect.poll(() => full.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(700);
    await aziz.keyboard.press('Escape');
    const kept = aziz.waitForEvent('download');
    await rows(aziz).getByRole('link', { name: 'Download kept.txt' }).click();
    expect((await kept).suggestedFilename()).toBe('kept.txt');
  });
});

test('hostile names of files stay names', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const names = [
    '<img src=x onerror=alert(1)>.txt',
    '"><script>alert(1)</script>.txt',
    '\u202etxt.exe.txt',
    "javascript:alert('1').txt",
    '..%2f..%2fetc%2fpasswd.txt',
  ];
  await choose(
    aziz,
    names.map(name => text(name, 50)),
  );
  await send(aziz);
  for (const page of [aziz, malika]) {
    await expect(rows(page).getByRole('link', { name: /^Download/ })).toHaveCount(names.length);
    // The service removes the characters that turn the direction of a name.
    await expect(rows(page)).toContainText('txt.exe.txt');
    expect(await rows(page).textContent()).not.toContain('\u202e');
    const strange = await page.evaluate(
      () =>
        document.querySelectorAll('[role=log] :is(script, img, iframe, object)').length +
        [...document.querySelectorAll<HTMLAnchorElement>('[role=log] a')].filter(link => !link.href.startsWith(location.origin)).length,
    );
    expect(strange).toBe(0);
  }
});
