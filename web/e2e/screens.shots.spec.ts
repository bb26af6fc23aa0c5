import { expect, type Page, test } from '@playwright/test';
import { Service } from './service.ts';

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const folder = new URL('../shots/', import.meta.url).pathname;

type Shot = (name: string) => Promise<void>;

/** A group, a picture in full, a message that was refused, no connection, and nothing in the list. */
async function inOtherStates(page: Page, url: string, shot: Shot): Promise<void> {
  await page.goto(url);
  await page.locator('[data-row]', { hasText: '+1' }).first().click();
  await expect(page.getByRole('log').getByRole('article').last()).toBeVisible();
  await shot('group');
  await page.goto(url);
  await page.locator('[data-row]', { hasText: 'Yoʻldosheva' }).first().click();
  const picture = page.getByRole('log').locator('article button img').first();
  // Its row may still move while it loads.
  await expect(async () => {
    await picture.click({ timeout: 5_000 });
    await expect(page.locator('dialog[open] img')).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await shot('lightbox');
  await page.keyboard.press('Escape');
  await page.routeWebSocket(/\/ws\//, socket => socket.close({ code: 1011 }));
  await page.route('**/messaging/messages/', route => route.fulfill({ status: 400, json: { error: 'x', code: 'invalid_content' } }));
  await page.reload();
  await page.locator('[data-region=composer] textarea').fill('Rahmat!');
  await page.locator('[data-region=composer] button').last().click();
  await expect(page.locator('[data-region=history] p strong').first()).toBeVisible();
  await expect(page.locator('[role=status] button').first()).toBeVisible();
  await shot('unsent-offline');
  await page.route('**/messaging/conversations/?*', route =>
    route.fulfill({ json: { count: 0, next: null, previous: null, results: [] } }),
  );
  await page.goto(url);
  await expect(page.locator('[data-region=list] h2')).toBeVisible();
  await shot('inbox-empty');
}

/** Screenshots of each main screen on the demonstration, light and dark, desktop and phone. */
for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const locale of size === 'desktop' && colorScheme === 'light' ? ['en-US', 'ru-RU', 'uz-UZ'] : ['en-US']) {
      test(`${size}, ${colorScheme}, ${locale}`, async ({ browser }) => {
        const service = await Service.start(null);
        const context = await browser.newContext({
          viewport,
          colorScheme,
          locale,
          hasTouch: size === 'phone',
          isMobile: size === 'phone',
          timezoneId: 'Asia/Tashkent',
        });
        const page = await context.newPage();
        const language = locale === 'en-US' ? '' : `-${locale.slice(0, 2)}`;
        const shot = async (name: string, on: Page = page) => {
          await on.evaluate(() => document.fonts.ready.then(() => undefined));
          await on.screenshot({ path: `${folder}${name}-${colorScheme}-${size}${language}.png`, animations: 'disabled' });
        };
        await page.goto(service.url);
        await expect(page.getByRole('listitem').first()).toBeVisible();
        await shot('sign-in');
        await page
          .getByRole('listitem')
          .getByRole('button')
          .nth(Number(process.env['SHOTS_PERSON'] ?? 1))
          .click();
        await expect(page.locator('[data-row]').first()).toBeVisible();
        await shot('inbox');
        await page.locator('[data-row]').first().click();
        await expect(page.getByRole('log').getByRole('article').last()).toBeVisible();
        await shot('chat');
        await page.getByRole('log').getByRole('article').last().focus();
        await page.keyboard.press('Enter');
        await expect(page.getByRole('menu')).toBeVisible();
        await shot('menu');
        await page.keyboard.press('Escape');
        // In the place of the list, by conversation; then a hit in its conversation, with its words marked.
        await page.goto(`${service.url}/search`);
        await page.locator('#search').fill('rahmat');
        await expect(page.locator('[data-hit]').first()).toBeVisible();
        await shot('search');
        await page.locator('[data-hit^=m]').first().click();
        await expect(page.getByRole('log').locator('mark').first()).toBeVisible();
        await expect(page.getByRole('log').locator('article:focus')).toBeVisible();
        await shot('search-hit');
        await page.goto(`${service.url}/new`);
        await expect(page.locator('main li, main h2').first()).toBeVisible();
        await shot('new');
        await page.goto(`${service.url}/c/999999`);
        await expect(page.locator('main h1')).toBeVisible();
        await shot('missing');
        await page.goto(service.url);
        await page.locator('[data-region=list] header button').first().click();
        await expect(page.getByRole('menu')).toBeVisible();
        await shot('me');
        await page.getByRole('menuitem').first().click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await shot('settings');
        await inOtherStates(page, service.url, shot);
        await context.close();
        await service.stop();
      });
    }
  }
}
