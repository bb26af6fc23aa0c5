import { AZIZ, MALIKA } from './people.ts';
import { axe, expect, test } from './test.ts';

test('an admin finds the own followers by their names, and all others behind a switch', async ({ as, service }) => {
  // The username comes first, the name last.
  const users = [{ id: 90, username: 'aaa', first_name: 'Zuhra', last_name: 'Aliyeva', role: 'user' }];
  const subscriptions = [{ user_id: 90, confession_id: 1 }];
  await service.api(MALIKA, 'POST', 'directory/import/', { users, confessions: [], subscriptions }, 'directory');
  for (const viewport of [
    { width: 1280, height: 800 },
    { width: 360, height: 640 },
  ]) {
    const page = await as(MALIKA, { viewport });
    await page.getByRole('link', { name: 'New conversation' }).first().click();
    const names = () => page.locator('main li').evaluateAll(all => all.map(one => one.querySelector('[dir=auto]')?.textContent));
    await expect.poll(names).toEqual(['Aziz Karimov', 'Rustam Tosh', 'Zuhra Aliyeva']);
    await expect(page.getByRole('heading', { name: 'Followers of your communities' })).toBeVisible();
    await axe(page, 'the own followers');
    const others = page.getByRole('switch', { name: /Also show admins and members/ });
    await others.focus();
    await page.keyboard.press('Space');
    await expect.poll(names).toEqual(['Aziz Karimov', 'Rustam Tosh', 'Zuhra Aliyeva', 'Dilnoza Alieva', 'Ольга Соколова']);
    await expect(others).toBeFocused();
    await axe(page, 'all others');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    // A search goes through both, the own ones first.
    await page.getByRole('textbox', { name: 'Search people and communities' }).fill('al');
    await expect.poll(names).toEqual(['Zuhra Aliyeva', 'Dilnoza Alieva']);
  }
});

test('a member has one list', async ({ as }) => {
  const page = await as(AZIZ, { path: 'new' });
  await expect(page.locator('main li')).toHaveCount(2);
  await expect(page.getByRole('switch')).toHaveCount(0);
});

test('a link leads to a person far back in a large directory, and looking opens nothing', async ({ as, service }) => {
  const users = Array.from({ length: 400 }, (_, number) => ({
    id: 1_000 + number,
    username: `m${String(number).padStart(3, '0')}`,
    first_name: 'Member',
    last_name: String(number),
    role: 'user',
  }));
  const far = { id: 9_000, username: 'zzz', first_name: 'Zebiniso', last_name: 'Umarova', role: 'user' };
  const document = { users: [...users, far], confessions: [], subscriptions: [{ user_id: far.id, confession_id: 1 }] };
  await service.api(MALIKA, 'POST', 'directory/import/', document, 'directory');
  const malika = await as(MALIKA, { path: `to/${far.id}` });
  await expect(malika.getByRole('heading', { name: /Zebiniso Umarova/ })).toBeVisible();
  await expect(malika).toHaveURL(/\/new\?to=9000$/);
  for (const user of [MALIKA, far.id]) {
    const { count } = (await service.api(user, 'GET', 'messaging/conversations/')) as { count: number };
    expect(count).toBe(0);
  }
  await axe(malika, 'prepared by a link');
});

test('a link finds the conversation with a person whom one may not write to any more', async ({ as, service, chat }) => {
  await service.api(AZIZ, 'DELETE', `directory/subscriptions/${AZIZ}/1/`, undefined, 'directory');
  const aziz = await as(AZIZ, { path: `to/${MALIKA}` });
  await expect(aziz).toHaveURL(new RegExp(`/c/${chat}$`));
});
