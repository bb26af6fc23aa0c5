import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { png } from './files.ts';
import { AZIZ, MALIKA } from './people.ts';
import type { Service } from './service.ts';
import { axe, expect, field, rows, test, write } from './test.ts';

// The service keeps pictures as they come, so that what is stored is what left the page.
test.use({ settings: { SUHBAT__OBJECTS__STRIP_METADATA: 'false' } });

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`../../crates/media/fixtures/${name}`, import.meta.url)));
/** The real program is asked, so that nothing of the page can be wrong about it. */
async function stored(
  service: Service,
  chat: number,
): Promise<{ file: string; file_name: string; width: number; height: number; mime_type: string }[]> {
  const history = (await service.api(MALIKA, 'GET', `messaging/messages/?conversation=${chat}`)) as {
    results: { attachments: { file: string; file_name: string; width: number; height: number; mime_type: string }[] }[];
  };
  return history.results.flatMap(message => message.attachments);
}
const choose = (page: Page, files: Parameters<ReturnType<Page['locator']>['setInputFiles']>[0]) =>
  page.locator('input[type=file]').setInputFiles(files);
const send = (page: Page) => page.getByRole('button', { name: 'Send', exact: true }).click();

test('a photo is sent small, upright and without the place where it was taken', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const camera = fixture('camera.jpg');
  expect(camera.includes('Exif') && camera.includes('59.9386N'), 'the fixture tells its place').toBe(true);
  await choose(aziz, [{ name: 'IMG 1.JPG', mimeType: 'image/jpeg', buffer: camera }, png('wide.png', 3_200, 1_000, [180, 60, 40])]);
  await expect(aziz.getByRole('checkbox', { name: 'Full size, as files' })).not.toBeChecked();
  await axe(aziz, 'photos before they are sent');
  await send(aziz);
  await expect.poll(async () => (await stored(service, chat)).length).toBe(2);
  const [photo, wide] = await stored(service, chat);
  // The camera lay on its side: 64 x 96 pixels, turned by its EXIF data where it says so.
  const upright = await aziz.evaluate(
    async bytes => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]), { imageOrientation: 'from-image' });
      return [bitmap.width, bitmap.height];
    },
    [...camera],
  );
  expect([photo?.file_name, photo?.mime_type, photo?.width, photo?.height]).toEqual(['IMG 1.jpg', 'image/jpeg', ...upright]);
  expect([wide?.file_name, wide?.mime_type, wide?.width, wide?.height]).toEqual(['wide.webp', 'image/webp', 1_600, 500]);
  const bytes = Buffer.from(await (await fetch(photo?.file ?? '')).arrayBuffer());
  for (const mark of ['Exif', 'GPS', '59.9386N', 'Camera']) expect(bytes.includes(mark), mark).toBe(false);
});

test('the wish to send files in full size is kept, and nothing is changed then', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await choose(aziz, png('wide.png', 3_200, 1_000, [180, 60, 40]));
  await aziz.getByRole('checkbox', { name: 'Full size, as files' }).check();
  await send(aziz);
  await expect.poll(async () => (await stored(service, chat)).length).toBe(1);
  expect((await stored(service, chat))[0]).toMatchObject({ file_name: 'wide.png', width: 3_200, height: 1_000 });
  await aziz.reload();
  await choose(aziz, png('again.png', 3_200, 1_000, [180, 60, 40]));
  await expect(aziz.getByRole('checkbox', { name: 'Full size, as files' })).toBeChecked();
  await aziz.getByRole('checkbox', { name: 'Full size, as files' }).uncheck();
  await send(aziz);
  await expect.poll(async () => (await stored(service, chat)).map(file => file.width)).toEqual([3_200, 1_600]);
});

test('a drawing, a moving picture and a broken one stay as they are', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const moving = fixture('moving.png');
  await choose(aziz, [png('drawing.png', 640, 480, [1, 2, 3]), { name: 'moving.png', mimeType: 'image/png', buffer: moving }]);
  await send(aziz);
  await expect.poll(async () => (await stored(service, chat)).map(file => file.file_name)).toEqual(['drawing.png', 'moving.png']);
  const [, sent] = await stored(service, chat);
  expect(Buffer.from(await (await fetch(sent?.file ?? '')).arrayBuffer()).equals(moving)).toBe(true);
});

test('a phone has a button for its camera, a computer has none', async ({ as, chat }) => {
  const computer = await as(AZIZ, { path: `c/${chat}` });
  await expect(computer.getByRole('button', { name: 'Attach files' })).toBeVisible();
  await expect(computer.getByRole('button', { name: 'Take a photo' })).toBeHidden();
  const phone = await as(AZIZ, { path: `c/${chat}`, viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const asked = phone.waitForEvent('filechooser');
  await phone.getByRole('button', { name: 'Take a photo' }).tap();
  const chooser = await asked;
  expect(chooser.isMultiple()).toBe(false);
  expect(await chooser.element().evaluate((input: HTMLInputElement) => [input.accept, input.hasAttribute('capture')])).toEqual([
    'image/*',
    true,
  ]);
  await axe(phone, 'composer of a phone');
});

test('a text overtakes an upload that is under way', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  let letGo = () => {};
  const held = new Promise<void>(resolve => {
    letGo = resolve;
  });
  await aziz.route('**/api/messaging/messages/', async route => {
    await held;
    await route.continue();
  });
  await choose(aziz, png('slow.png', 640, 480, [1, 2, 3]));
  await send(aziz);
  await expect(rows(aziz).getByRole('progressbar')).toBeVisible();
  await write(aziz, 'first');
  await write(aziz, 'second');
  await expect(rows(malika)).toHaveText([/first/, /second/]);
  await expect(rows(aziz).last().getByRole('progressbar'), 'what is not sent yet stands last').toBeVisible();
  letGo();
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(3);
    await expect(rows(page).last().getByRole('button', { name: 'Image slow.png' })).toBeVisible();
  }
});
