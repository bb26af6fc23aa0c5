import type { Page } from '@playwright/test';
import { AZIZ, MALIKA, OLGA } from './people.ts';
import type { Service } from './service.ts';
import { axe, expect, field, rows, test } from './test.ts';
import { check } from './walk.ts';

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

const hits = (page: Page) => page.locator('[data-hit]');
const search = (page: Page) => page.locator('#search');
const status = (page: Page) => page.getByRole('search').getByRole('status');
const marks = (page: Page) => page.getByRole('log').locator('mark');

async function say(service: Service, who: number, conversation: number, ...contents: string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const content of contents) {
    const { id } = (await service.api(who, 'POST', 'messaging/messages/', { conversation, content })) as { id: number };
    ids.push(id);
  }
  return ids;
}

const fillers = (count: number) => Array.from({ length: count }, (_, i) => `oddiy gap ${i}`);

/** Three messages about books far apart in the conversation with Malika, and one in the conversation with Olga. */
async function library(service: Service, chat: number) {
  const { id: olga } = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', {
    target_user_id: OLGA,
    confession_id: 2,
  })) as { id: number };
  const [first = 0] = await say(service, MALIKA, chat, '📚 Yangi kitoblar keldi');
  await say(service, MALIKA, chat, ...fillers(70));
  const [second = 0] = await say(service, AZIZ, chat, 'Qaysi kitobni oʻqiyapsiz?');
  await say(service, OLGA, olga, 'Китоб на столе');
  await say(service, MALIKA, chat, ...fillers(70));
  const [third = 0] = await say(service, MALIKA, chat, 'Kitob uchun rahmat');
  await say(service, MALIKA, chat, ...fillers(5));
  return { first, second, third, olga };
}

test('words are found in every spelling, and a hit leads to its message, to the next, and back to the same place', async ({
  as,
  service,
  chat,
}) => {
  const { first, second, third } = await library(service, chat);
  const aziz = await as(AZIZ);
  await aziz.keyboard.press('Control+k');
  await expect(search(aziz)).toBeFocused();
  await expect(aziz).toHaveURL(/\/search$/);
  await aziz.keyboard.type('китоб');
  await expect(hits(aziz)).toHaveCount(4);
  await expect(status(aziz)).toHaveText('4 messages found');
  await expect(hits(aziz).locator('mark').first()).toHaveText('Kitob');
  await expect(aziz).toHaveURL(/\/search\?q=/);
  await axe(aziz, 'hits');

  // The keyboard alone.
  await aziz.keyboard.press('ArrowDown');
  await expect(hits(aziz).first()).toBeFocused();
  await aziz.keyboard.press('End');
  await expect(hits(aziz).last()).toBeFocused();
  await aziz.keyboard.press('Home');
  await aziz.keyboard.press('Enter');
  const row = (id: number) => aziz.locator(`article[data-id="${id}"]`);
  await expect(row(third)).toBeFocused();
  await expect(row(third).locator('mark')).toHaveText('Kitob');
  await expect(aziz).toHaveURL(new RegExp(`/c/${chat}\\?q=.*m=${third}`));
  // The hits stay beside it.
  await expect(hits(aziz)).toHaveCount(4);
  await axe(aziz, 'a hit in its conversation');

  await aziz.keyboard.press('F3');
  await expect(row(second)).toBeFocused();
  await expect(row(second)).toBeInViewport();
  await expect(row(second).locator('mark')).toHaveText('kitobni');
  await aziz.keyboard.press('F3');
  await expect(row(first)).toBeFocused();
  await expect(row(first).locator('mark')).toHaveText('kitoblar');
  await aziz.keyboard.press('Shift+F3');
  await expect(row(second)).toBeFocused();
  await aziz.keyboard.press('Escape');
  await expect(aziz.locator(`[data-hit="m${second}"]`)).toBeFocused();
  await aziz.goBack();
  await expect(aziz).toHaveURL(/\/search\?q=/);
  await expect(search(aziz)).toHaveValue('китоб');
  await expect(hits(aziz)).toHaveCount(4);

  await aziz.keyboard.press('Escape');
  await expect(search(aziz)).toBeFocused();
  await aziz.keyboard.press('Escape');
  await expect(search(aziz)).toHaveCount(0);
  await expect(aziz.locator('[data-row]').first()).toBeVisible();
  await expect(marks(aziz)).toHaveCount(0);
});

test('a conversation is searched by Ctrl+F, with the place of each hit among all', async ({ as, service, chat }) => {
  const { second } = await library(service, chat);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(rows(aziz).last()).toBeVisible();
  await aziz.keyboard.press('Control+f');
  await expect(search(aziz)).toBeFocused();
  await expect(aziz).toHaveURL(new RegExp(`/c/${chat}/search$`));
  // The conversation stays beside the search.
  await expect(field(aziz)).toBeVisible();
  // Pressed once more, the key is the browser's own.
  await aziz.evaluate(() =>
    window.addEventListener('keydown', event => {
      (window as unknown as { taken: boolean }).taken = event.defaultPrevented;
    }),
  );
  await aziz.keyboard.press('Control+f');
  expect(await aziz.evaluate(() => (window as unknown as { taken: boolean }).taken)).toBe(false);
  await aziz.keyboard.type('kitob');
  await expect(status(aziz)).toHaveText('3 messages found');
  await aziz.keyboard.press('Enter');
  await expect(aziz.getByText('1 of 3')).toBeVisible();
  await aziz.keyboard.press('F3');
  await expect(aziz.getByText('2 of 3')).toBeVisible();
  await expect(aziz.locator(`article[data-id="${second}"]`)).toBeFocused();
  await expect(marks(aziz).first()).toBeVisible();
  // The address alone is enough.
  await aziz.reload();
  await expect(aziz.getByText('2 of 3')).toBeVisible();
  await expect(aziz.locator(`article[data-id="${second}"] mark`)).toHaveText('kitobni');
  await aziz
    .getByRole('region', { name: /^Search in the conversation/ })
    .getByRole('button', { name: 'Close search' })
    .click();
  await expect(aziz).toHaveURL(new RegExp(`/c/${chat}$`));
  await expect(marks(aziz)).toHaveCount(0);
});

test('on a phone the search is a screen of its own, to whose place one comes back', async ({ as, service, chat }) => {
  const ids = await say(service, MALIKA, chat, ...Array.from({ length: 45 }, (_, i) => `kitob ${i}`));
  const aziz = await as(AZIZ, PHONE);
  await aziz.getByRole('link', { name: 'Search' }).tap();
  await search(aziz).fill('kitob');
  await expect(status(aziz)).toHaveText('More than 20 messages found');
  await axe(aziz, 'hits on a phone');
  // At the end, the next hits come by themselves.
  await expect(async () => {
    await hits(aziz).last().scrollIntoViewIfNeeded();
    await expect(hits(aziz)).toHaveCount(45, { timeout: 1_000 });
  }).toPass();
  // Once for each search.
  await expect(status(aziz)).toHaveText('More than 20 messages found');
  const deep = aziz.locator(`[data-hit="m${ids[11]}"]`);
  await deep.scrollIntoViewIfNeeded();
  const before = (await deep.boundingBox())?.y ?? 0;
  await deep.tap();
  await expect(aziz.locator(`article[data-id="${ids[11]}"]`)).toBeInViewport();
  await expect(search(aziz)).toBeHidden();
  expect(await aziz.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await axe(aziz, 'a hit on a phone');
  await aziz.getByRole('button', { name: 'Search results' }).tap();
  await expect(deep).toBeFocused();
  await expect(hits(aziz)).toHaveCount(45);
  expect(Math.abs(((await deep.boundingBox())?.y ?? -1_000) - before)).toBeLessThan(3);
  await aziz.getByRole('button', { name: 'Close search' }).tap();
  await expect(aziz.getByRole('link', { name: 'Search' })).toBeVisible();
});

test('filters restrict the hits, stand in the address, and survive a reload', async ({ as, service, chat }) => {
  await library(service, chat);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const file = { name: 'eski kitob.txt', mimeType: 'text/plain', buffer: Buffer.from('matn') };
  await aziz.locator('input[type=file]').first().setInputFiles([file]);
  await field(aziz).press('Enter');
  await expect(rows(aziz).last()).toContainText('kitob.txt');
  await aziz.keyboard.press('Control+k');
  await search(aziz).fill('kitob');
  await expect(hits(aziz)).toHaveCount(5);
  await expect(hits(aziz).filter({ hasText: 'eski kitob.txt' }).locator('mark')).toHaveText('kitob');
  const choose = async (chip: string, item: string) => {
    await aziz.getByRole('button', { name: chip, exact: true }).click();
    await aziz.getByRole('menuitemcheckbox', { name: item, exact: true }).click();
  };
  await choose('Sender', 'You');
  await expect(hits(aziz)).toHaveCount(2);
  await expect(aziz.getByRole('button', { name: 'Sender: You' })).toBeFocused();
  await choose('With', 'Documents');
  await expect(hits(aziz)).toHaveCount(1);
  await aziz.reload();
  await expect(hits(aziz)).toHaveCount(1);
  await expect(aziz.getByRole('button', { name: 'With: Documents' })).toBeVisible();
  await choose('With: Documents', 'All');
  await choose('Sender: You', 'All');
  await choose('Conversation', 'Ольга Соколова');
  await expect(hits(aziz)).toHaveCount(1);
  await expect(aziz).toHaveURL(/\/c\/\d+\/search\?q=kitob$/);
  await choose('Conversation: Ольга Соколова', 'All conversations');
  await expect(hits(aziz)).toHaveCount(5);
  await aziz.getByRole('button', { name: 'Dates' }).click();
  await aziz.getByLabel('To', { exact: true }).fill('2020-01-31');
  await expect(aziz.getByRole('heading', { name: 'Messages' })).toHaveCount(0);
  await expect(status(aziz)).toHaveText('Nothing found: try fewer letters');
  await expect(aziz.getByRole('button', { name: 'Dates: until 31.01.2020' })).toBeVisible();
  await aziz.getByRole('button', { name: 'Any date' }).click();
  await expect(hits(aziz)).toHaveCount(5);
});

test('what was just sent is found, and a hit goes when its message is deleted or edited', async ({ as, service, chat }) => {
  const { second, third } = await library(service, chat);
  const [now = 0] = await say(service, MALIKA, chat, 'hozirgina kitob');
  const aziz = await as(AZIZ, { path: 'search?q=kitob' });
  await expect(hits(aziz)).toHaveCount(5);
  await expect(hits(aziz).first()).toContainText('hozirgina');
  await service.api(MALIKA, 'DELETE', `messaging/messages/${third}/`);
  await service.api(MALIKA, 'PATCH', `messaging/messages/${now}/`, { content: 'daftar' });
  await expect(hits(aziz)).toHaveCount(3);
  await expect(aziz.locator(`[data-hit="m${second}"]`)).toBeVisible();
  await expect(hits(aziz).filter({ hasText: 'rahmat' })).toHaveCount(0);
});

test('names of conversations come before messages, and Enter opens the first', async ({ as, service, chat }) => {
  await say(service, AZIZ, chat, 'Malika opa, assalomu alaykum');
  const aziz = await as(AZIZ);
  await aziz.keyboard.press('Control+k');
  await aziz.keyboard.type('малика');
  await expect(hits(aziz)).toHaveCount(2);
  await expect(hits(aziz).first().locator('mark')).toHaveText('Malika');
  await aziz.keyboard.press('Enter');
  await expect(aziz).toHaveURL(new RegExp(`/c/${chat}$`));
  await aziz.goBack();
  await expect(search(aziz)).toHaveValue('малика');
});

for (const [locale, colorScheme, look] of [
  ['en-US', 'dark', PHONE],
  ['ru-RU', 'light', {}],
  ['uz-UZ', 'dark', {}],
  ['uz-UZ', 'light', PHONE],
] as const) {
  test(`every state of the search: ${locale}, ${colorScheme}, ${'viewport' in look ? 'phone' : 'desktop'}`, async ({
    as,
    service,
    chat,
  }) => {
    await library(service, chat);
    const aziz = await as(AZIZ, { locale, colorScheme, path: 'search', ...look });
    await expect(search(aziz)).toBeFocused();
    await check(aziz, 'search, empty');
    await search(aziz).fill('kitob');
    await expect(hits(aziz)).toHaveCount(4);
    await check(aziz, 'search, hits');
    await aziz.locator('[aria-controls="search-dates"]').click();
    await expect(aziz.locator('input[type=date]')).toHaveCount(2);
    await check(aziz, 'search, dates');
    await aziz.locator('[aria-haspopup=menu][aria-expanded=false]').first().click();
    await expect(aziz.getByRole('menu')).toBeVisible();
    await check(aziz, 'search, choices');
    await aziz.keyboard.press('Escape');
    await hits(aziz).nth(1).click();
    await expect(marks(aziz).first()).toBeVisible();
    await check(aziz, 'search, a hit');
    await aziz.keyboard.press('Escape');
    await search(aziz).fill('zzzz');
    await expect(hits(aziz)).toHaveCount(0);
    await expect(status(aziz)).not.toBeEmpty();
    await check(aziz, 'search, nothing');
    await aziz.route('**/messaging/search/?*', route => route.fulfill({ status: 400, json: { error: 'x', code: 'query_too_long' } }));
    await search(aziz).fill('kitob kitob');
    await expect(status(aziz)).toContainText('8');
    await check(aziz, 'search, refused');
  });
}
