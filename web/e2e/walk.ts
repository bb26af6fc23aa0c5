import type { Page } from '@playwright/test';
import type { FaultProxy } from './fault-proxy.ts';
import { AZIZ, MALIKA, OLGA, STRANGER } from './people.ts';
import type { Service } from './service.ts';
import { axe, expect, rows, type Visit } from './test.ts';

interface Stage {
  as: (user: number, visit?: Visit) => Promise<Page>;
  service: Service;
  faultProxy: FaultProxy;
  chat: number;
}

/** The checks for every screen in every state: axe, no key or placeholder left over, no wrong date, no overflow. */
export async function check(page: Page, state: string): Promise<void> {
  await axe(page, state);
  const text = await page.locator('body').innerText();
  expect(text, state).not.toMatch(/\bM(0?\d|1[0-2])\b|[a-z]+\.[a-z]+[A-Z]\w+|\{\w+\}/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${state} overflows`).toBe(true);
}

/** A conversation with something of everything in it. */
async function fill({ service, chat }: Stage): Promise<void> {
  const say = async (who: number, content: string, reply_to?: number) =>
    (await service.api(who, 'POST', 'messaging/messages/', { conversation: chat, content, ...(reply_to ? { reply_to } : {}) })) as {
      id: number;
    };
  const first = await say(MALIKA, 'Salom! https://suhbat.uz');
  const answer = await say(AZIZ, 'Javob', first.id);
  const gone = await say(AZIZ, 'oʻchadi');
  await say(MALIKA, 'savol', gone.id);
  await service.api(AZIZ, 'DELETE', `messaging/messages/${gone.id}/`);
  await service.api(AZIZ, 'PATCH', `messaging/messages/${answer.id}/`, { content: 'Tuzatilgan javob' });
  for (const id of [first.id, answer.id]) await service.api(MALIKA, 'POST', `messaging/messages/${id}/pin/`);
  const other = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', { target_user_id: OLGA, confession_id: 2 })) as {
    id: number;
  };
  await service.api(OLGA, 'POST', 'messaging/messages/', { conversation: other.id, content: 'Здравствуйте!' });
}

/** By their places: their names are others in each language. */
const composer = (page: Page) => page.locator('[data-region=composer] textarea');
const dialog = (page: Page) => page.locator('dialog[open]');

async function menuOf(page: Page, row: ReturnType<typeof rows>, item: 'last' | 'first'): Promise<void> {
  await row.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.keyboard.press(item === 'last' ? 'End' : 'Home');
}

async function aroundTheList(stage: Stage, look: Visit): Promise<void> {
  const { as, faultProxy } = stage;
  const page = await as(AZIZ, look);
  await expect(page.locator('[data-row]')).toHaveCount(2);
  await check(page, 'inbox');
  await page.locator('[data-search]').click();
  await page.locator('#search').fill('zzz');
  await expect(page.getByRole('search').getByRole('status')).not.toBeEmpty();
  await check(page, 'nothing found');
  await page.locator('#search').press('Escape');
  await expect(page.locator('[data-row]')).toHaveCount(2);
  await page.locator('[data-region=list] header button').click();
  await expect(page.getByRole('menu')).toBeVisible();
  await check(page, 'menu of the person');
  await page.getByRole('menuitem').first().click();
  await expect(dialog(page)).toBeVisible();
  await check(page, 'settings');
  await dialog(page).locator('button').last().click();
  await expect(dialog(page).locator('kbd').first()).toBeVisible();
  await check(page, 'keys');
  await page.keyboard.press('Escape');
  await page.goto(`${faultProxy.url}new`);
  await expect(page.locator('main li').first()).toBeVisible();
  await check(page, 'new conversation');
  await page.locator('main input').fill('zzz');
  await expect(page.locator('main h2')).toBeVisible();
  await check(page, 'nobody found');
  await page.goto(`${faultProxy.url}c/999999999`);
  await expect(page.locator('main h1')).toBeVisible();
  await check(page, 'no such page');
  await page.route('**/messaging/conversations/?*', route => route.fulfill({ status: 500, body: 'no' }));
  await page.goto(faultProxy.url);
  await expect(page.locator('[data-region=list] [role=status] button')).toBeVisible();
  await check(page, 'the list fails');
}

async function inTheChat(stage: Stage, look: Visit): Promise<void> {
  const page = await stage.as(AZIZ, { ...look, path: `c/${stage.chat}` });
  await expect(rows(page)).toHaveCount(3);
  await check(page, 'chat');
  const mine = rows(page).nth(1);
  await menuOf(page, mine, 'first');
  await check(page, 'menu');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-region=composer] button')).not.toHaveCount(3);
  await check(page, 'reply');
  await page.keyboard.press('Escape');
  await menuOf(page, mine, 'last');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(dialog(page).locator('dl, ul')).not.toHaveCount(0);
  await check(page, 'info');
  await page.keyboard.press('Escape');
  await menuOf(page, mine, 'last');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await check(page, 'confirm');
  await page.keyboard.press('Escape');
  await composer(page).press('ArrowUp');
  await expect(page.locator('article textarea')).toBeFocused();
  await check(page, 'edit');
  await page.keyboard.press('Escape');
  await page.locator('[data-region=composer] [popover]').locator('xpath=preceding-sibling::button').click();
  await expect(page.getByRole('gridcell').first()).toBeVisible();
  await check(page, 'emoji');
  await page.keyboard.press('Escape');
  await page.locator('main button[title]').first().click();
  await expect(dialog(page).getByRole('listitem')).toHaveCount(2);
  await check(page, 'pinned');
  await page.keyboard.press('Escape');
  await page.locator('input[type=file]').setInputFiles([
    { name: 'ok.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') },
    { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) },
  ]);
  await expect(page.locator('[data-region=composer] li')).toHaveCount(2);
  await composer(page).fill('x'.repeat(10_001));
  await check(page, 'files and too long');
}

async function inTrouble(stage: Stage, look: Visit): Promise<void> {
  const { as, service, faultProxy, chat } = stage;
  const page = await as(AZIZ, { ...look, path: `c/${chat}` });
  await expect(composer(page)).toBeVisible();
  faultProxy.refuses = true;
  faultProxy.cut();
  await composer(page).fill('keyin');
  await composer(page).press('Enter');
  await expect(page.locator('[role=status] button').first()).toBeVisible();
  await check(page, 'offline');
  faultProxy.refuses = false;
  // In one step: the page takes the button away when it has connected by itself.
  await page.evaluate(() => document.querySelector<HTMLElement>('[role=status] button')?.click());
  await expect(page.locator('[role=status] button')).toHaveCount(0);

  await page.route('**/messaging/messages/?*', route => route.fulfill({ status: 500, body: 'no' }));
  await page.goto(`${faultProxy.url}c/${chat}`);
  await expect(page.locator('main [role=status] button')).toBeVisible();
  await check(page, 'the history fails');
  await page.unroute('**/messaging/messages/?*');

  await page.routeWebSocket(/\/ws\//, socket => socket.close({ code: 4429 }));
  await page.reload();
  await expect(page.locator('[role=status] button').first()).toBeVisible();
  await page.route('**/messaging/messages/', route => route.fulfill({ status: 400, json: { error: 'x', code: 'invalid_content' } }));
  await composer(page).fill('rad etiladi');
  await composer(page).press('Enter');
  await expect(page.locator('[data-region=history] p strong').first()).toBeVisible();
  await check(page, 'too many tabs, not sent');

  await service.api(MALIKA, 'DELETE', `directory/subscriptions/${AZIZ}/1/`, undefined, 'directory');
  await page.reload();
  await expect(page.locator('[data-region=composer] [role=status]')).toBeVisible();
  await check(page, 'closed');
  await service.api(MALIKA, 'PUT', `directory/subscriptions/${AZIZ}/1/`, undefined, 'directory');
}

async function asOthers({ as, chat }: Stage, look: Visit): Promise<void> {
  const nobody = await as(STRANGER, look);
  await expect(nobody.locator('[data-region=list] h2')).toBeVisible();
  await check(nobody, 'empty inbox');
  const stranger = await as(STRANGER, { ...look, path: `c/${chat}` });
  await expect(stranger.locator('main h1')).toBeVisible();
  await check(stranger, 'not one of mine');
  const lonely = await as(STRANGER, { ...look, path: 'new' });
  await expect(lonely.locator('main h2')).toBeVisible();
  await check(lonely, 'nobody to write to');
  const out = await as(AZIZ, { ...look, signedIn: false });
  await expect(out.locator('h1')).toBeVisible();
  await check(out, 'sign-in');
}

/** Every screen in every state it can be in, in one language, one theme and one size. */
export async function walk(stage: Stage, look: Visit): Promise<void> {
  await fill(stage);
  await aroundTheList(stage, look);
  await inTheChat(stage, look);
  await inTrouble(stage, look);
  await asOthers(stage, look);
}
