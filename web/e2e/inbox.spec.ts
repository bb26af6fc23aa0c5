import { AZIZ, MALIKA, OLGA, RUSTAM, STRANGER, TOWN } from './people.ts';
import { Service } from './service.ts';
import { expect, field, rows, test, write } from './test.ts';

const names = (page: import('@playwright/test').Page) => page.locator('[data-row]');

test('the list is ordered by activity, filtered, searched, and a new conversation appears by itself', async ({ as, service, chat }) => {
  const olga = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', { target_user_id: OLGA, confession_id: 2 })) as {
    id: number;
  };
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'older' });
  await service.api(OLGA, 'POST', 'messaging/messages/', { conversation: olga.id, content: 'newer' });
  const aziz = await as(AZIZ);
  await expect(names(aziz)).toHaveCount(2);
  await expect(names(aziz).first()).toContainText('Ольга Соколова');
  await expect(names(aziz).first()).toContainText('1 unread message');
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'newest' });
  await expect(names(aziz).first()).toContainText('Malika Yusupova');
  await expect(names(aziz).first()).toContainText('newest');
  await expect(names(aziz).first()).toContainText('2 unread messages');
  await expect(aziz).toHaveTitle('(3) Suhbat');

  await aziz.keyboard.press('Control+k');
  await expect(aziz.getByRole('textbox', { name: 'Search messages and names' })).toBeFocused();
  await aziz.keyboard.type('сокол');
  await expect(aziz.locator('[data-hit]')).toHaveCount(1);
  await expect(aziz.locator('mark')).toHaveText('Сокол');
  await aziz.keyboard.type('zzz');
  await expect(aziz.getByText('Nothing found: try fewer letters')).toBeVisible();
  await aziz.keyboard.press('Escape');
  await expect(names(aziz)).toHaveCount(2);

  await names(aziz).first().click();
  await expect(names(aziz).first()).not.toContainText('unread');
  await aziz.getByRole('button', { name: 'Unread', exact: true }).click();
  await expect(names(aziz)).toHaveCount(1);
  await expect(names(aziz).first()).toContainText('Ольга Соколова');
  await aziz.getByRole('button', { name: 'All', exact: true }).click();

  const rustam = (await service.api(RUSTAM, 'POST', 'messaging/conversations/get_or_create/', {
    target_user_id: MALIKA,
    confession_id: 1,
  })) as { id: number };
  const malika = await as(MALIKA);
  await expect(names(malika)).toHaveCount(2);
  await service.api(RUSTAM, 'POST', 'messaging/messages/', { conversation: rustam.id, content: 'salom' });
  await expect(names(malika).first()).toContainText('Rustam Tosh');
});

test('a conversation opened elsewhere appears without a reload', async ({ as, service }) => {
  const malika = await as(MALIKA);
  await expect(malika.getByRole('heading', { name: 'No conversations yet' })).toBeVisible();
  const opened = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', { target_user_id: MALIKA })) as { id: number };
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: opened.id, content: 'hello' });
  await expect(names(malika)).toHaveCount(1);
  await expect(names(malika)).toContainText('Aziz Karimov');
});

test('starting a conversation leads into it, twice into the same one, and a look opens none', async ({ as }) => {
  const aziz = await as(AZIZ);
  const malika = await as(MALIKA);
  await aziz.getByRole('link', { name: 'New conversation' }).first().click();
  await expect(aziz.getByRole('main').getByRole('listitem')).toHaveCount(2);
  await aziz.getByRole('button', { name: /Malika Yusupova/ }).click();
  await expect(aziz.getByRole('heading', { name: 'Write the first message' })).toBeVisible();
  await expect(field(aziz)).toBeFocused();
  await field(aziz).fill('half a');
  await aziz.keyboard.press('Control+k');
  const search = aziz.getByRole('textbox', { name: 'Search messages and names' });
  await expect(search).toBeFocused();
  await aziz.keyboard.press('Escape');
  await expect(search).toHaveCount(0);
  await expect(malika.getByRole('heading', { name: 'No conversations yet' })).toBeVisible();
  // The draft is there again.
  await aziz.reload();
  await aziz.getByRole('button', { name: /Malika Yusupova/ }).click();
  await expect(field(aziz)).toHaveValue('half a');
  await write(aziz, 'Salom!');
  await expect(aziz).toHaveURL(/\/c\/\d+$/);
  const first = aziz.url();
  await expect(rows(aziz)).toHaveCount(1);
  await expect(field(aziz)).toBeFocused();
  await expect(names(malika)).toContainText('Aziz Karimov');
  await aziz.getByRole('link', { name: 'New conversation' }).click();
  await aziz.getByRole('button', { name: /Malika Yusupova/ }).click();
  await expect(aziz).toHaveURL(first);
  const nobody = await as(STRANGER, { path: 'new' });
  await expect(nobody.getByRole('heading', { name: 'Nobody to write to yet' })).toBeVisible();
});

const CODES = {
  not_subscribed: 'You no longer follow this community',
  outreach_not_allowed: 'not write to them first',
  user_inactive: 'account is closed',
  cannot_message_self: 'cannot write to yourself',
  not_an_admin: 'only to the admins of your communities',
} as const;
for (const [code, sentence] of Object.entries(CODES)) {
  test(`a refusal with ${code} has its own sentence`, async ({ as }) => {
    const aziz = await as(AZIZ, { path: 'new' });
    await aziz.route('**/get_or_create/', route => route.fulfill({ status: 403, json: { error: 'x', code } }));
    await aziz.getByRole('button', { name: /Malika Yusupova/ }).click();
    await write(aziz, 'Salom!');
    await expect(aziz.getByText(sentence, { exact: false })).toBeVisible();
    await expect(field(aziz)).toHaveValue('Salom!');
  });
}

test('an error of the list offers to try again', async ({ as, faultProxy }) => {
  const aziz = await as(AZIZ, { signedIn: true });
  let fails = true;
  let asked = 0;
  await aziz.route('**/messaging/conversations/?*', route => {
    asked += 1;
    return fails ? route.fulfill({ status: 500, body: 'no' }) : route.continue();
  });
  // Without a socket nothing but the button asks again.
  await aziz.routeWebSocket(/\/ws\//, () => {});
  await aziz.goto(faultProxy.url);
  await expect(aziz.getByRole('heading', { name: 'Conversations could not be loaded' })).toBeVisible();
  const before = asked;
  fails = false;
  await aziz.getByRole('button', { name: 'Retry' }).click();
  await expect.poll(() => asked).toBeGreaterThan(before);
  await expect(aziz.getByRole('heading', { name: 'No conversations yet' })).toBeVisible();
});

test('the demonstration lets one choose whom to be', async ({ browser }) => {
  const service = await Service.start(null);
  try {
    const page = await browser.newPage();
    await page.goto(service.url);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Who would you like to be?');
    await page.getByRole('list', { name: 'People of the demonstration' }).getByRole('button').first().click();
    await expect(page.locator('[data-row]').first()).toBeVisible();
    await page.locator('[data-row]').first().click();
    await expect(rows(page).first()).toBeVisible();
    await page.close();
  } finally {
    await service.stop();
  }
});

test('pages of the list follow while scrolling', async ({ as, service }) => {
  const users = Array.from({ length: 70 }, (_, i) => ({
    id: 100 + i,
    username: `m${i}`,
    first_name: `Member${i}`,
    last_name: 'X',
    role: 'user',
  }));
  await service.api(
    MALIKA,
    'POST',
    'directory/import/',
    {
      users: [...TOWN.users, ...users],
      confessions: TOWN.confessions,
      subscriptions: users.map(user => ({ user_id: user.id, confession_id: 1 })),
    },
    'directory',
  );
  for (const user of users) await service.api(MALIKA, 'POST', 'messaging/conversations/get_or_create/', { target_user_id: user.id });
  const malika = await as(MALIKA);
  await expect(names(malika).first()).toBeVisible();
  await names(malika).first().focus();
  await expect(async () => {
    await malika.keyboard.press('End');
    await expect(malika.locator('[data-row]:focus')).toContainText('Member0 X', { timeout: 500 });
  }).toPass();
});
