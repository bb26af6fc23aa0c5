import type { Locator } from '@playwright/test';
import { AZIZ, MALIKA } from './people.ts';
import { axe, expect, field, openSettings, rows, test } from './test.ts';

const PHONE = { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true };

/** A finger goes down on it and stays; the answer lifts it. */
async function hold(element: Locator): Promise<() => Promise<unknown>> {
  const box = await element.boundingBox();
  const session = await element.page().context().newCDPSession(element.page());
  const at = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
  return () => session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

test('a finger that stays opens the menu, which stays when it is lifted', async ({ as, chat, service }) => {
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'hold me' });
  const aziz = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  await expect(rows(aziz)).toHaveCount(1);
  const lift = await hold(aziz.getByText('hold me', { exact: true }).last());
  await expect(aziz.getByRole('menu')).toBeVisible();
  await lift();
  await aziz.getByRole('menuitem', { name: 'Reply' }).tap();
  await expect(aziz.getByRole('menu')).toHaveCount(0);
  await expect(aziz.getByText('Reply to Malika Yusupova')).toBeVisible();
  // A press elsewhere closes it.
  const again = await hold(rows(aziz).first().locator('time'));
  await expect(aziz.getByRole('menu')).toBeVisible();
  await again();
  await aziz.getByRole('heading', { level: 1 }).tap();
  await expect(aziz.getByRole('menu')).toHaveCount(0);
});

test('the button of the menu is there without a finger on the row, for those who listen', async ({ as, chat, service }) => {
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'salom' });
  const aziz = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  const more = rows(aziz).getByRole('button', { name: 'Actions for this message' });
  await expect(more).toHaveCount(1);
  const box = await more.boundingBox();
  expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  await axe(aziz, 'a chat on a phone');
});

test('a phone has what a finger can use', async ({ as, chat, service }) => {
  for (const content of ['one', 'two']) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content });
  const aziz = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  await expect(rows(aziz)).toHaveCount(2);
  // A tap leaves its hover on the row, but no button.
  const more = rows(aziz).first().getByRole('button', { name: 'Actions for this message' });
  await rows(aziz).first().locator('time').tap();
  await field(aziz).tap();
  await expect(more).toHaveCSS('opacity', '0');
  await field(aziz).pressSequentially('a');
  await field(aziz).press('Enter');
  await field(aziz).pressSequentially('b');
  await expect(field(aziz)).toHaveValue('a\nb');
  await aziz.getByRole('button', { name: 'Send', exact: true }).tap();
  await expect(rows(aziz)).toHaveCount(3);
  await aziz.getByRole('button', { name: 'Emoji', exact: true }).tap();
  const emoji = await aziz.getByRole('gridcell').first().boundingBox();
  expect(Math.min(emoji?.width ?? 0, emoji?.height ?? 0)).toBeGreaterThanOrEqual(44);
  await aziz.keyboard.press('Escape');
  await aziz.getByRole('link', { name: 'Back' }).tap();
  await expect(aziz.getByRole('button', { name: 'Aziz Karimov: your menu' })).toBeVisible();
  await openSettings(aziz);
  await expect(aziz.getByRole('radio', { name: 'Ctrl + Enter' })).toBeHidden();
  await expect(aziz.getByRole('button', { name: 'Keyboard shortcuts' })).toBeHidden();
});

test('the way down leads to the newest message, and opens no keyboard over it', async ({ as, chat, service }) => {
  for (let i = 0; i < 60; i += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `n${i}` });
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const aziz = await as(AZIZ, { ...PHONE, path: `c/${chat}` });
  await expect(rows(aziz).last()).toBeInViewport();
  await aziz.getByRole('log').evaluate(scroller => {
    scroller.dispatchEvent(new Event('touchmove'));
    scroller.scrollTop = 200;
  });
  await aziz.getByRole('button', { name: 'Go to the newest messages' }).tap();
  await expect(rows(aziz).last()).toContainText('n59');
  await expect(rows(aziz).last()).toBeInViewport();
  await expect(field(aziz)).not.toBeFocused();
  expect(await aziz.evaluate(() => document.activeElement === document.body)).toBe(false);
});

test('the list and the chat take turns, with the focus, and Back leaves the chat for good', async ({ as, chat }) => {
  const aziz = await as(AZIZ, PHONE);
  const row = aziz.locator(`[data-row="${chat}"]`);
  await row.tap();
  await expect(field(aziz)).toBeVisible();
  await expect(row).toBeHidden();
  // The keyboard of the phone stays away until it is wanted.
  await expect(aziz.getByRole('main')).toBeFocused();
  const entries = await aziz.evaluate(() => history.length);
  await aziz.getByRole('link', { name: 'Back' }).tap();
  await expect(row).toBeVisible();
  await expect(row).toBeFocused();
  expect(await aziz.evaluate(() => history.length)).toBe(entries);
  await row.tap();
  await expect(field(aziz)).toBeVisible();
  await aziz.goBack();
  await expect(row).toBeVisible();
});
