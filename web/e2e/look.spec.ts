import { AZIZ, MALIKA } from './people.ts';
import { axe, expect, field, openSettings, rows, test, write } from './test.ts';
import { walk } from './walk.ts';

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 640 };

// Each language, theme and size once; `look.long.spec.ts` has every combination.
for (const [locale, colorScheme, viewport] of [
  ['en-US', 'dark', DESKTOP],
  ['ru-RU', 'light', PHONE],
  ['uz-UZ', 'light', DESKTOP],
] as const) {
  test(`every screen in every state: ${locale}, ${colorScheme}, ${viewport.width} wide`, async ({ as, chat, service, faultProxy }) => {
    test.setTimeout(600_000);
    await walk({ as, chat, service, faultProxy }, { locale, colorScheme, viewport });
  });
}

test('plurals are right in three languages', async ({ as, chat, service }) => {
  const expected: Record<string, Record<number, string>> = {
    'ru-RU': {
      1: '1 непрочитанное сообщение',
      2: '2 непрочитанных сообщения',
      5: '5 непрочитанных сообщений',
      11: '11 непрочитанных сообщений',
      21: '21 непрочитанное сообщение',
      25: '25 непрочитанных сообщений',
    },
    'uz-UZ': {
      1: '1 ta oʻqilmagan xabar',
      2: '2 ta oʻqilmagan xabar',
      5: '5 ta oʻqilmagan xabar',
      11: '11 ta oʻqilmagan xabar',
      21: '21 ta oʻqilmagan xabar',
      25: '25 ta oʻqilmagan xabar',
    },
    'en-US': {
      1: '1 unread message',
      2: '2 unread messages',
      5: '5 unread messages',
      11: '11 unread messages',
      21: '21 unread messages',
      25: '25 unread messages',
    },
  };
  let sent = 0;
  const pages = await Promise.all(Object.keys(expected).map(async locale => [locale, await as(AZIZ, { locale })] as const));
  for (const count of [0, 1, 2, 5, 11, 21, 25]) {
    for (; sent < count; sent += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `n${sent}` });
    for (const [locale, page] of pages) {
      const badge = page.locator('[data-row]').getByText(/oʻqilmagan|непрочитан|unread/);
      // Nothing unread is no badge, in any language.
      await expect(page.locator('[data-row]')).toHaveCount(1);
      if (count === 0) await expect(badge).toHaveCount(0);
      else await expect(badge).toHaveText(expected[locale]?.[count] ?? '?');
    }
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
  await openSettings(aziz);
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
  const background = (name: string) =>
    forced.getByRole('button', { name, exact: true }).evaluate(chip => getComputedStyle(chip).backgroundColor);
  expect(await background('All'), 'chosen and not chosen differ').not.toBe(await background('Unread'));
  // 200 % of 1280×800 is half of it in CSS pixels.
  const zoomed = await as(AZIZ, { path: `c/${chat}`, viewport: { width: 640, height: 400 } });
  await expect(field(zoomed)).toBeVisible();
  await write(zoomed, 'ok');
  await expect(rows(zoomed).last()).toBeInViewport();
  expect(await zoomed.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  // In a chat that hides the list, the search is a key away all the same.
  await zoomed.keyboard.press('Control+k');
  await expect(zoomed.getByRole('textbox', { name: 'Search messages and names' })).toBeFocused();
  // A dialog higher than the page scrolls inside: its own scrollbar would count as beside it.
  const list = await as(AZIZ, { viewport: { width: 640, height: 400 } });
  await openSettings(list);
  const settings = list.getByRole('dialog', { name: 'Settings' });
  const isHigher = (element: Element) => element.scrollHeight > element.clientHeight;
  await expect.poll(() => settings.evaluate(isHigher)).toBe(false);
  expect(await settings.locator(':scope > :first-child').evaluate(isHigher)).toBe(true);
});
