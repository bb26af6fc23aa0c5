import type { Locator } from '@playwright/test';
import { wav } from './files.ts';
import { AZIZ, MALIKA, OLGA } from './people.ts';
import { axe, expect, field, rows, test } from './test.ts';

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

test('messages are chosen, copied and deleted together, by keys alone', async ({ as, chat, service }) => {
  for (const content of ['one', 'two', 'three']) await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content });
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await rows(aziz).first().focus();
  await aziz.keyboard.press('Enter');
  await aziz.keyboard.press('s');
  await aziz.keyboard.press('Enter');
  await expect(aziz.getByRole('heading', { name: '1 selected' })).toBeVisible();
  await rows(aziz).last().getByRole('checkbox').check();
  await axe(aziz, 'chosen messages');
  await aziz.getByRole('button', { name: 'Delete' }).click();
  await expect(aziz.getByRole('alertdialog')).toContainText('Delete 2 messages?');
  await aziz.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(rows(aziz)).toHaveCount(1);
  await expect(rows(aziz)).toContainText('two');
  await expect(aziz.getByRole('heading', { level: 1 })).toContainText('Malika Yusupova');
});

test('a jump to a quote leads back by the way down, and a date leads to its first message', async ({ as, chat, service }) => {
  const first = (await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'the first' })) as { id: number };
  for (let i = 0; i < 80; i += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `n${i}` });
  const answer = { conversation: chat, content: 'the answer', reply_to: first.id };
  await service.api(AZIZ, 'POST', 'messaging/messages/', answer);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await rows(aziz)
    .last()
    .getByRole('button', { name: /^In reply to/ })
    .click();
  await expect(rows(aziz).filter({ hasText: 'the first' }).first()).toBeInViewport();
  await aziz.getByRole('button', { name: 'Back to the reply' }).click();
  await expect(rows(aziz).last()).toContainText('the answer');
  await expect(rows(aziz).last()).toBeInViewport();
  await rows(aziz)
    .last()
    .getByRole('button', { name: /^In reply to/ })
    .click();
  await expect(rows(aziz).filter({ hasText: 'the first' }).first()).toBeInViewport();
  await aziz
    .getByRole('button', { name: /Go to a date/ })
    .first()
    .click();
  await expect(aziz.getByRole('dialog', { name: 'Go to a date' })).toBeVisible();
  await axe(aziz, 'a date');
  await aziz.getByRole('button', { name: 'Go', exact: true }).click();
  await expect(aziz.getByRole('dialog')).toHaveCount(0);
  await expect(rows(aziz).filter({ hasText: 'the first' }).first()).toBeFocused();
});

test('recordings are played one after the other, and are named to those who listen', async ({ as, chat, service }) => {
  void service;
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(malika)).toBeVisible();
  const files = ['one.wav', 'two.wav'].map(name => wav(name, 2));
  await malika.locator('input[type=file]').setInputFiles(files);
  await expect(malika.getByText('2 files')).toBeVisible();
  await axe(malika, 'the strip of files');
  await malika.getByRole('button', { name: 'Send', exact: true }).click();
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(aziz.getByRole('button', { name: 'Play two.wav' })).toBeVisible();
  await axe(aziz, 'players');
  await aziz.evaluate(() => {
    const names: string[] = [];
    // In the capturing phase: `play` does not bubble.
    document.addEventListener('play', event => names.push((event.target as HTMLAudioElement).currentSrc), true);
    Object.assign(window, { names });
  });
  await aziz.getByRole('button', { name: 'Play one.wav' }).click();
  await expect.poll(() => aziz.evaluate(() => new Set((window as unknown as { names: string[] }).names).size)).toBe(2);
  await expect(aziz.getByRole('button', { name: 'Play one.wav' })).toBeVisible();
});

test('the menu under a finger leaves its message in sight', async ({ as, chat, service }) => {
  for (let i = 0; i < 12; i += 1) await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: `message ${i}` });
  const aziz = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  await expect(rows(aziz)).toHaveCount(12);
  const session = await aziz.context().newCDPSession(aziz);
  for (const index of [5, 8, 11]) {
    const bubble = rows(aziz).nth(index).locator('[data-bubble]');
    const box = await bubble.boundingBox();
    const at = { x: (box?.x ?? 0) + 10, y: (box?.y ?? 0) + 10 };
    await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
    await expect(aziz.getByRole('menu')).toBeVisible();
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    const menu = await aziz.getByRole('menu').boundingBox();
    const shown = await bubble.boundingBox();
    const isApart = (a = menu, b = shown) => a !== null && b !== null && (a.y >= b.y + b.height || b.y >= a.y + a.height);
    expect(isApart(), `the menu of message ${index}`).toBe(true);
    await expect(bubble).toBeInViewport({ ratio: 1 });
    await aziz.getByRole('heading', { level: 1 }).tap();
    await expect(aziz.getByRole('menu')).toHaveCount(0);
  }
});

test('gaps between bubbles are even, to the pixel', async ({ as, chat, service }) => {
  const short = ['a', 'bb', 'a longer one', '🙏 ok'];
  for (const content of short) await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content });
  for (const content of short) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content });
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  for (const look of [{}, PHONE]) {
    const page = await as(AZIZ, { ...look, path: `c/${chat}` });
    await expect(rows(page)).toHaveCount(8);
    const boxes = await rows(page).evaluateAll(all =>
      all.map(row => {
        const { top, bottom } = (row.querySelector('[data-bubble]') as Element).getBoundingClientRect();
        return { top, bottom };
      }),
    );
    const gaps = boxes.slice(1).map(({ top }, index) => Math.round((top - (boxes[index]?.bottom ?? 0)) * 10) / 10);
    // Three, a change of sender, three.
    expect(gaps.filter((_, index) => index !== 3)).toEqual(Array(6).fill(3));
    expect(gaps[3]).toBe(13);
  }
});

test('an admin without an open conversation sees who waits', async ({ as, chat, service }) => {
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'a question' });
  const malika = await as(MALIKA);
  await expect(malika.getByRole('heading', { name: '1 conversation waits for an answer' })).toBeVisible();
  await axe(malika, 'the desk');
  await malika
    .getByRole('main')
    .getByRole('link', { name: /Aziz Karimov/ })
    .click();
  await expect(rows(malika)).toHaveCount(1);
});

test('a conversation is printed whole, with its files by name', async ({ as, chat, service }) => {
  for (let i = 0; i < 40; i += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `line ${i}` });
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(rows(aziz).last()).toBeVisible();
  // The parts of the page that come later are there when the worker is.
  await aziz.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await expect
    .poll(async () => {
      await aziz.evaluate(() => dispatchEvent(new Event('beforeprint')));
      return aziz.locator('[data-print] section').count();
    })
    .toBe(40);
  await aziz.emulateMedia({ media: 'print' });
  await expect(aziz.locator('[data-print]')).toBeVisible();
  await expect(aziz.locator('#root')).toBeHidden();
  await aziz.evaluate(() => dispatchEvent(new Event('afterprint')));
  await expect(aziz.locator('[data-print]')).toHaveCount(0);
});

const fits = (locator: Locator) => locator.evaluate(element => element.scrollWidth <= element.clientWidth + 1);

for (const width of [320, 360, 390]) {
  test(`menus, panels and pickers fit into ${width} pixels, with large text too`, async ({ as, chat, service }) => {
    const name = { username: 'olga', first_name: 'عبد الرحمن', last_name: 'الحسيني', role: 'admin' };
    await service.api(AZIZ, 'PUT', `directory/users/${OLGA}/`, name, 'directory');
    await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'السلام عليكم' });
    for (const [locale, textSize] of [
      ['ru-RU', 100],
      ['uz-UZ', 150],
    ] as const) {
      const page = await as(AZIZ, { ...PHONE, viewport: { width, height: 640 }, locale });
      await page.evaluate(size => localStorage.setItem('suhbat:settings', JSON.stringify({ textSize: size })), textSize);
      await page.reload();
      const inside = async (part: Locator) => {
        await expect(part).toBeVisible();
        const box = await part.boundingBox();
        expect(box?.x).toBeGreaterThanOrEqual(0);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
      };
      await page.locator('[data-region="list"] header button').first().tap();
      await inside(page.getByRole('menu'));
      await page.getByRole('menuitem').first().tap();
      await inside(page.getByRole('dialog'));
      expect(await fits(page.getByRole('dialog').locator(':scope > :first-child')), 'the settings').toBe(true);
      await page.keyboard.press('Escape');
      await page.locator(`[data-row="${chat}"]`).tap();
      await expect(rows(page)).toHaveCount(1);
      await page.locator('[data-region="composer"] button[popovertarget]').tap();
      await inside(page.locator('[data-region="composer"] [popover]'));
      await page.keyboard.press('Escape');
      await rows(page).first().locator('time').last().tap();
      await rows(page).first().press('Enter');
      await inside(page.getByRole('menu'));
      await page.keyboard.press('Escape');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });
}
