import { AZIZ, MALIKA, STRANGER } from './people.ts';
import { axe, expect, field, rows, test, write } from './test.ts';

const LOCALES = ['en-US', 'ru-RU', 'uz-UZ'];
const PHONE = { width: 360, height: 640 };

for (const locale of LOCALES) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`every screen passes axe and speaks ${locale}, ${colorScheme}`, async ({ as, chat, service }) => {
      test.setTimeout(300_000);
      await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'Salom! https://suhbat.uz' });
      const pinned = (await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'Javob' })) as { id: number };
      await service.api(MALIKA, 'POST', `messaging/messages/${pinned.id}/pin/`);
      const look = { locale, colorScheme };
      const check = async (page: import('@playwright/test').Page, state: string) => {
        await axe(page, state);
        const text = await page.locator('body').innerText();
        expect(text, state).not.toMatch(/\bM(0?\d|1[0-2])\b|[a-z]+\.[a-z]+[A-Z]\w+|\{\w+\}/);
        expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${state} overflows`).toBe(true);
      };

      const nobody = await as(STRANGER, look);
      await expect(nobody.getByRole('heading').first()).toBeVisible();
      await check(nobody, 'empty inbox');
      const stranger = await as(STRANGER, { ...look, path: `c/${chat}` });
      await expect(stranger.locator('main h1')).toBeVisible();
      await check(stranger, 'not found');
      const out = await as(AZIZ, { ...look, signedIn: false });
      await expect(out.locator('h1')).toBeVisible();
      await check(out, 'sign-in');

      for (const viewport of [{ width: 1280, height: 800 }, PHONE]) {
        const page = await as(AZIZ, { ...look, viewport });
        await expect(page.locator('[data-row]')).toBeVisible();
        await check(page, 'inbox');
        await page.locator('[data-row]').click();
        await expect(rows(page)).toHaveCount(2);
        await check(page, 'chat');
        await rows(page).last().focus();
        await page.keyboard.press('Enter');
        await expect(page.getByRole('menu')).toBeVisible();
        await check(page, 'menu');
        await page.keyboard.press('End');
        await page.keyboard.press('Enter');
        await expect(page.getByRole('alertdialog')).toBeVisible();
        await check(page, 'confirm');
        await page.keyboard.press('Escape');
        await expect(rows(page).last()).toBeFocused();
        await page.goto(page.url().replace(/c\/\d+$/, 'new'));
        await expect(page.locator('main h1')).toBeVisible();
        await expect(page.locator('main li').first()).toBeVisible();
        await check(page, 'new');
      }
      const settings = await as(AZIZ, look);
      await settings.locator('header button').first().click();
      await expect(settings.getByRole('dialog')).toBeVisible();
      await check(settings, 'settings');
    });
  }
}

test('plurals are right in three languages', async ({ as, chat, service }) => {
  const expected: Record<string, Record<number, string>> = {
    'ru-RU': {
      1: '1 непрочитанное сообщение',
      2: '2 непрочитанных сообщения',
      5: '5 непрочитанных сообщений',
      11: '11 непрочитанных сообщений',
      21: '21 непрочитанное сообщение',
    },
    'uz-UZ': {
      1: '1 ta oʻqilmagan xabar',
      2: '2 ta oʻqilmagan xabar',
      5: '5 ta oʻqilmagan xabar',
      11: '11 ta oʻqilmagan xabar',
      21: '21 ta oʻqilmagan xabar',
    },
    'en-US': { 1: '1 unread message', 2: '2 unread messages', 5: '5 unread messages', 11: '11 unread messages', 21: '21 unread messages' },
  };
  let sent = 0;
  const pages = await Promise.all(Object.keys(expected).map(async locale => [locale, await as(AZIZ, { locale })] as const));
  for (const count of [1, 2, 5, 11, 21]) {
    for (; sent < count; sent += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `n${sent}` });
    for (const [locale, page] of pages) await expect(page.locator('[data-row]')).toContainText(expected[locale]?.[count] ?? '?');
  }
});

test('the language changes without a reload, and dates are Uzbek in Chromium', async ({ as, chat, service }) => {
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'eski' });
  const aziz = await as(AZIZ);
  await aziz.route('**/messaging/messages/?*', async route => {
    const answer = await route.fetch();
    const page = (await answer.json()) as { results: { created_at: string }[] };
    await route.fulfill({
      response: answer,
      json: { ...page, results: page.results.map(one => ({ ...one, created_at: '2024-11-22T07:00:00Z' })) },
    });
  });
  await aziz.goto(`${aziz.url()}c/${chat}`);
  await expect(rows(aziz)).toHaveCount(1);
  await aziz.evaluate(() => {
    (window as unknown as { stays: boolean }).stays = true;
  });
  await aziz.getByRole('button', { name: 'Settings' }).click();
  await aziz.getByRole('radio', { name: 'Oʻzbekcha' }).click();
  await expect(aziz.getByRole('dialog', { name: 'Sozlamalar' })).toBeVisible();
  await expect(aziz.locator('html')).toHaveAttribute('lang', 'uz');
  expect(await aziz.evaluate(() => (window as unknown as { stays: boolean }).stays)).toBe(true);
  await aziz.keyboard.press('Escape');
  await expect(aziz.getByRole('log')).toContainText('22-noyabr, 2024');
});

test('colours, motion and zoom of the system are respected', async ({ as, chat, service }) => {
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'Salom' });
  const forced = await as(AZIZ, { path: `c/${chat}`, forcedColors: 'active', reducedMotion: 'reduce' });
  await expect(rows(forced)).toHaveCount(1);
  await axe(forced, 'forced colours');
  // 200 % of 1280×800 is half of it in CSS pixels.
  const zoomed = await as(AZIZ, { path: `c/${chat}`, viewport: { width: 640, height: 400 } });
  await expect(field(zoomed)).toBeVisible();
  await write(zoomed, 'ok');
  await expect(rows(zoomed).last()).toBeInViewport();
  expect(await zoomed.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
