import type { Locator, Page } from '@playwright/test';
import { AZIZ, MALIKA, OLGA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

/** The rectangle of an element on the page. */
async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('it is not drawn');
  return { ...box, right: box.x + box.width, bottom: box.y + box.height };
}

test('a message stands as close to the one before it when it is acknowledged', async ({ as, chat, service, faultProxy }) => {
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'first' });
  const aziz = await as(AZIZ);
  let [isDeaf, isGreeted] = [false, false];
  const held: (string | Buffer)[] = [];
  let release = () => {};
  await aziz.routeWebSocket(/\/ws\//, socket => {
    const server = socket.connectToServer();
    server.onMessage(message => {
      isGreeted ||= String(message).includes('"type":"ready"');
      if (isDeaf) held.push(message);
      else socket.send(message);
    });
    release = () => {
      isDeaf = false;
      for (const message of held.splice(0)) socket.send(message);
    };
  });
  await aziz.goto(`${faultProxy.url}c/${chat}`);
  await expect(rows(aziz)).toHaveCount(1);
  await expect.poll(() => isGreeted).toBe(true);
  isDeaf = true;
  await write(aziz, 'second');
  await expect(rows(aziz).last()).toHaveAccessibleName(/sending$/);
  const gap = async () => (await boxOf(rows(aziz).last())).y - (await boxOf(rows(aziz).first())).bottom;
  const before = await gap();
  release();
  await expect(rows(aziz).last()).toHaveAccessibleName(/sent$|delivered/);
  expect(await gap()).toBe(before);
});

test('messages of one line stand as close as others under a finger', async ({ as, chat, service }) => {
  for (const content of ['ok', 'ok', 'a much longer text that does not fit into one line of a telephone, whatever its letters are']) {
    await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content });
  }
  const aziz = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  await expect(rows(aziz)).toHaveCount(3);
  for (const index of [0, 1, 2]) {
    const row = await boxOf(rows(aziz).nth(index));
    const bubble = await boxOf(rows(aziz).nth(index).locator('[data-bubble]'));
    expect(row.height).toBeCloseTo(bubble.height, 0);
  }
  await rows(aziz).first().locator('time').tap();
  const button = await boxOf(rows(aziz).first().getByRole('button', { name: 'Actions for this message' }));
  expect(Math.min(button.width, button.height)).toBeGreaterThanOrEqual(44);
});

for (const width of [320, 360, 390, 1280]) {
  test(`the emoji picker fits into ${width} pixels`, async ({ as, chat }) => {
    const aziz = await as(AZIZ, { viewport: { width, height: 700 }, path: `c/${chat}` });
    await aziz.getByRole('button', { name: 'Emoji', exact: true }).click();
    const first = aziz.getByRole('gridcell').first();
    await expect(first).toBeVisible();
    const picker = await boxOf(aziz.getByRole('dialog', { name: 'Emoji' }));
    expect(picker.x).toBeGreaterThanOrEqual(0);
    expect(picker.right).toBeLessThanOrEqual(width);
    expect(picker.y).toBeGreaterThanOrEqual(0);
    expect((await boxOf(first)).x).toBeGreaterThanOrEqual(picker.x);
  });
}

test('a long draft leaves room for the history above a keyboard', async ({ as, chat, service }) => {
  for (let i = 0; i < 12; i += 1) {
    const said = (await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `n${i}` })) as { id: number };
    if (i === 0) await service.api(MALIKA, 'POST', `messaging/messages/${said.id}/pin/`);
  }
  const aziz = await as(AZIZ, { viewport: { width: 360, height: 340 }, path: `c/${chat}` });
  const pinned = aziz.getByRole('button', { name: /Pinned/ }).first();
  await field(aziz).fill(Array.from({ length: 12 }, (_, i) => `line ${i}`).join('\n'));
  await expect(pinned).toBeHidden();
  expect((await boxOf(aziz.locator('[data-region="header"]'))).y).toBeGreaterThanOrEqual(0);
  expect((await boxOf(aziz.locator('[data-region="composer"]'))).bottom).toBeLessThanOrEqual(340);
  expect((await boxOf(aziz.getByRole('log'))).height).toBeGreaterThan(60);
  await field(aziz).blur();
  await expect(pinned).toBeVisible();
  expect((await boxOf(aziz.getByRole('log'))).height).toBeGreaterThan(30);
});

test('the name of a file shows its beginning and its ending', async ({ as, chat }) => {
  const name = 'Juma xutbasi matni, 27-noyabr.pdf';
  const phone = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  await phone.locator('input[type=file]').setInputFiles([{ name, mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') }]);
  await phone.getByRole('button', { name: 'Send', exact: true }).tap();
  const check = async (page: Page) => {
    const shown = rows(page).last().getByTitle(name);
    await expect(shown).toBeVisible();
    await expect(
      rows(page)
        .last()
        .getByRole('link', { name: `Download ${name}` }),
    ).toBeVisible();
    const box = await boxOf(shown);
    const [head, tail] = [await boxOf(shown.locator('> :first-child')), await boxOf(shown.locator('> :last-child'))];
    expect(head.width, 'room for the beginning').toBeGreaterThan(30);
    expect(tail.right).toBeLessThanOrEqual(box.right + 0.5);
    expect(await shown.locator('> :last-child').evaluate(element => element.scrollWidth <= element.clientWidth)).toBe(true);
    return shown.locator('> :first-child').evaluate(element => element.scrollWidth <= element.clientWidth);
  };
  await check(phone);
  const wide = await as(MALIKA, { path: `c/${chat}` });
  expect(await check(wide), 'where there is room, the whole name').toBe(true);
});

/** The rectangle of a text's letters, whatever the box around them. */
const lettersOf = (locator: Locator) =>
  locator.evaluate(element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const { left, right, width } = range.getBoundingClientRect();
    return { left, right, width };
  });

test('a name in another direction stands where names stand', async ({ as, service }) => {
  const user = { username: 'olga', first_name: 'عبد الرحمن', last_name: 'الحسيني', role: 'admin' };
  await service.api(AZIZ, 'PUT', `directory/users/${OLGA}/`, user, 'directory');
  const body = { target_user_id: OLGA, confession_id: 2 };
  const { id } = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', body)) as { id: number };
  await service.api(OLGA, 'POST', 'messaging/messages/', { conversation: id, content: 'السلام عليكم' });
  for (const locale of ['en-US', 'uz-UZ']) {
    const aziz = await as(AZIZ, { locale, path: `c/${id}` });
    const row = aziz.locator(`[data-row="${id}"]`);
    const face = await boxOf(row.locator('[aria-hidden]').first());
    expect((await lettersOf(row.getByText('الحسيني'))).left - face.right, 'beside its face in the list').toBeLessThan(20);
    const header = aziz.locator('[data-region="header"]');
    const shown = header.locator('h1 [aria-hidden]');
    expect((await lettersOf(shown)).left - (await boxOf(header.locator(':scope > [aria-hidden]'))).right).toBeLessThan(24);
    // The message itself is written from the right.
    const bubble = await boxOf(rows(aziz).first().locator('[data-bubble]'));
    const words = await lettersOf(rows(aziz).first().getByText('السلام'));
    expect(bubble.right - words.right).toBeLessThan(bubble.width - words.width);
  }
});

test('the filters fit beside each other, or stand below each other', async ({ as, service }) => {
  for (const [target_user_id, confession_id] of [
    [MALIKA, 1],
    [OLGA, 2],
  ]) {
    await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', { target_user_id, confession_id });
  }
  for (const locale of ['en-US', 'ru-RU', 'uz-UZ']) {
    for (const width of [360, 1280]) {
      const aziz = await as(AZIZ, { locale, viewport: { width, height: 700 } });
      await expect(aziz.locator('[data-row]')).toHaveCount(2);
      const pane = await boxOf(aziz.locator('[data-region="list"]'));
      const select = aziz.locator('[data-region="list"] select');
      expect((await boxOf(select.locator('..'))).right).toBeLessThanOrEqual(pane.right);
    }
  }
});
