import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write, writeFast } from './test.ts';

test('a message goes pending, sent, delivered, seen across two browsers', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeFocused();
  await write(aziz, 'Assalomu alaykum!');
  await expect(rows(aziz)).toHaveCount(1);
  await expect(rows(aziz).first()).toHaveAccessibleName(/^You, .*, \d\d:\d\d, sent$/);
  // Only a device that was there, or asked for the history, has a message.
  const malika = await as(MALIKA);
  await expect(malika.locator('[data-row]')).toContainText('1 unread message');
  await write(aziz, 'Are you there?');
  await expect(rows(aziz).last()).toHaveAccessibleName(/, delivered to Malika Yusupova/);
  await expect(malika.locator('[data-row]')).toContainText('2 unread messages');
  await malika.locator('[data-row]').click();
  await malika.bringToFront();
  await expect(rows(malika)).toHaveCount(2);
  await expect(rows(aziz).first()).toHaveAccessibleName(/, seen by Malika Yusupova, \d\d:\d\d$/);
  await expect(malika.locator('[data-row]')).not.toContainText('unread');
  await rows(aziz).first().click({ button: 'right' });
  await aziz.getByRole('menuitem', { name: 'Info' }).click();
  await expect(aziz.getByRole('dialog')).toContainText('Seen by Malika Yusupova');
  await expect(aziz.getByRole('dialog')).toContainText(/Today at \d\d:\d\d/);
});

test('a hundred messages typed fast arrive once and in order on both sides', async ({ as, chat, service }) => {
  test.setTimeout(300_000);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await writeFast(
    aziz,
    Array.from({ length: 100 }, (_, i) => `m${i + 1}`),
  );
  for (const page of [aziz, malika]) {
    await expect(page.getByText('m100', { exact: true }).last()).toBeVisible({ timeout: 30_000 });
    await expect
      .poll(async () => {
        const shown = await rows(page).evaluateAll(all => all.map(row => Number(/m(\d+?)\d\d:\d\d/.exec(row.textContent ?? '')?.[1])));
        return shown.length > 5 && shown.at(-1) === 100 && shown.every((n, i) => i === 0 || n === (shown[i - 1] ?? 0) + 1);
      })
      .toBe(true);
  }
  const page = (await service.api(AZIZ, 'GET', `messaging/messages/?conversation=${chat}&limit=100`)) as { results: { content: string }[] };
  expect(page.results.map(message => message.content)).toEqual(Array.from({ length: 100 }, (_, i) => `m${i + 1}`));
});

test('an edited, a deleted and a pinned message look the same on both sides', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await write(aziz, 'frist');
  await write(aziz, 'second');
  await expect(rows(malika)).toHaveCount(2);

  await field(aziz).press('ArrowUp');
  const edit = aziz.getByRole('textbox', { name: 'Edit message' });
  await expect(edit).toBeFocused();
  await edit.press('Escape');
  await rows(aziz).first().click({ button: 'right' });
  await aziz.getByRole('menuitem', { name: /^Edit \(\d:\d\d\)$/ }).click();
  await edit.fill('first');
  await edit.press('Enter');
  await expect(rows(malika).first()).toContainText('first');
  await expect(rows(malika).first()).toContainText('edited');
  await expect(field(aziz)).toBeFocused();

  await rows(malika).first().click({ button: 'right' });
  await malika.getByRole('menuitem', { name: 'Reply' }).click();
  await write(malika, 'an answer');
  await expect(rows(aziz).last()).toContainText('In reply to you');

  await rows(malika).first().click({ button: 'right' });
  await malika.getByRole('menuitem', { name: 'Pin', exact: true }).click();
  await expect(aziz.getByRole('button', { name: /Pinned message/ })).toContainText('first');

  await rows(aziz).first().click({ button: 'right' });
  await aziz.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(aziz.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await aziz.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(2);
    await expect(rows(page).last()).toContainText('Message deleted');
    await expect(page.getByRole('button', { name: /Pinned message/ })).toHaveCount(0);
  }
  await expect(aziz.locator('article:focus')).toHaveCount(1);
});

test.describe('a short time for editing', () => {
  test.use({ settings: { SUHBAT__POLICY__EDIT_WINDOW_SECONDS: '4' } });
  test('the edit goes at the deadline of the server, and a late save keeps the text', async ({ as, chat }) => {
    const aziz = await as(AZIZ, { path: `c/${chat}` });
    await write(aziz, 'hurry');
    await rows(aziz).first().click({ button: 'right' });
    await aziz.getByRole('menuitem', { name: /^Edit/ }).click();
    const edit = aziz.getByRole('textbox', { name: 'Edit message' });
    await edit.fill('too late');
    await aziz.getByRole('button', { name: 'Send as a new message' }).click();
    await expect(rows(aziz)).toHaveCount(2);
    await expect(rows(aziz).last()).toContainText('too late');
    await rows(aziz).first().click({ button: 'right' });
    await expect(aziz.getByRole('menuitem', { name: 'Copy text' })).toBeVisible();
    await expect(aziz.getByRole('menuitem', { name: /^Edit/ })).toHaveCount(0);
  });
});

test('typing appears and goes', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(malika.getByRole('main')).toContainText('online');
  await field(aziz).pressSequentially('Men yoz');
  await expect(malika.getByRole('main')).toContainText('typing…');
  await field(aziz).fill('');
  await expect(malika.getByRole('main')).not.toContainText('typing…');
});

test('a person who is online is marked as such, until their browser is killed', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(aziz.getByRole('main')).toContainText('online');
  await malika.context().close();
  await expect(aziz.getByRole('main')).toContainText('last seen');
});

test('the time for editing runs by the clock of the service, whatever the device thinks', async ({ as, chat, faultProxy }) => {
  const aziz = await as(AZIZ);
  await aziz.addInitScript(() => {
    const real = Date.now;
    Date.now = () => real() + 3_600_000;
  });
  await aziz.goto(`${faultProxy.url}c/${chat}`);
  await write(aziz, 'an hour ahead');
  await expect(rows(aziz).first()).toHaveAccessibleName(/(sent|delivered)$/);
  await rows(aziz).first().click({ button: 'right' });
  await expect(aziz.getByRole('menuitem', { name: /^Edit \((10:00|9:\d\d)\)$/ })).toBeVisible();
});

test('pins: who may, the bar leads through them, the list unpins', async ({ as, chat, service }) => {
  const ids: number[] = [];
  for (const content of ['first pin', 'between', 'second pin']) {
    ids.push(((await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content })) as { id: number }).id);
  }
  for (const id of [ids[0], ids[2]]) await service.api(MALIKA, 'POST', `messaging/messages/${id}/pin/`);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const bar = aziz.getByRole('button', { name: /Pinned/ }).first();
  await expect(bar).toContainText('second pin');
  await bar.click();
  await expect(aziz.locator('article:focus')).toContainText('second pin');
  await expect(bar).toContainText('first pin');
  await bar.click();
  await expect(aziz.locator('article:focus')).toContainText('first pin');
  await rows(aziz).first().click({ button: 'right' });
  await expect(aziz.getByRole('menuitem', { name: 'Reply' })).toBeVisible();
  await expect(aziz.getByRole('menuitem', { name: /pin/i })).toHaveCount(0);

  const malika = await as(MALIKA, { path: `c/${chat}` });
  await malika.getByRole('button', { name: 'All pinned messages' }).click();
  const list = malika.getByRole('dialog', { name: 'Pinned messages' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await list.getByRole('button', { name: /Unpin/ }).first().click();
  await expect(list.getByRole('listitem')).toHaveCount(1);
});
