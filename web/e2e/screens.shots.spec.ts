import { expect, type Page, test } from '@playwright/test';
import { Service } from './service.ts';

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const folder = new URL('../shots/', import.meta.url).pathname;

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
        await page.goto(`${service.url}/new`);
        await expect(page.locator('main li, main h2').first()).toBeVisible();
        await shot('new');
        await page.goto(`${service.url}/c/999999`);
        await expect(page.locator('main h1')).toBeVisible();
        await shot('missing');
        await page.goto(service.url);
        await page.locator('[data-region=list] header button').first().click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await shot('settings');
        await context.close();
        await service.stop();
      });
    }
  }
}
