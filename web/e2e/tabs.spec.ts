import type { Page } from '@playwright/test';
import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

interface Shown {
  shown: string[];
}

test('three tabs: one notification, the same badges, and silence while one of them is looking', async ({
  as,
  chat,
  service,
  faultProxy,
}) => {
  const first = await as(AZIZ, { permissions: ['notifications'] });
  const context = first.context();
  // The notifications are counted instead of shown by the system.
  await context.addInitScript(token => {
    const shown: string[] = [];
    Object.assign(window, { shown });
    class Counted {
      static permission = 'granted';
      onclick: unknown = null;
      constructor(title: string, options: { body: string; tag: string }) {
        shown.push(`${title}: ${options.body} (${options.tag})`);
      }
      close() {}
    }
    Object.assign(window, { Notification: Counted });
    localStorage.setItem('suhbat:settings', JSON.stringify({ notify: true }));
    sessionStorage.setItem('suhbat:token', token);
  }, service.token(AZIZ));
  const tabs: Page[] = [first, await context.newPage(), await context.newPage()];
  for (const tab of tabs) {
    await tab.goto(faultProxy.url);
    await expect(tab.locator('[data-row]')).toBeVisible();
  }
  const all = async () => (await Promise.all(tabs.map(tab => tab.evaluate(() => (window as unknown as Shown).shown)))).flat();

  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'to all tabs' });
  for (const tab of tabs) {
    await expect(tab.locator('[data-row]')).toContainText('1 unread message');
    await expect(tab).toHaveTitle('(1) Suhbat');
  }
  await expect.poll(all).toEqual([`Malika Yusupova: to all tabs (suhbat-${chat})`]);

  const [, second] = tabs as [Page, Page, Page];
  await second.bringToFront();
  await second.locator('[data-row]').click();
  for (const tab of tabs) await expect(tab.locator('[data-row]')).not.toContainText('unread');
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'somebody looks' });
  await expect(rows(second).last()).toContainText('somebody looks');
  for (const tab of tabs) {
    await expect(tab.locator('[data-row]')).toContainText('somebody looks');
    await expect(tab.locator('[data-row]')).not.toContainText('unread');
  }
  expect(await all()).toHaveLength(1);
});

test('the socket too many is told so, and comes back when another closes', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const crowd = await as(AZIZ, { signedIn: false });
  const opened = await crowd.evaluate(async token => {
    const sockets: WebSocket[] = [];
    for (let i = 0; i < 20; i += 1) {
      const answer = await fetch('api/messaging/ws_ticket/', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
      const { ticket } = (await answer.json()) as { ticket: string };
      const socket = new WebSocket(new URL(`ws/?ticket=${ticket}`, location.href.replace(/^http/, 'ws')));
      await new Promise(resolve => {
        socket.onmessage = resolve;
        socket.onclose = resolve;
      });
      if (socket.readyState === WebSocket.OPEN) sockets.push(socket);
    }
    Object.assign(window, { sockets });
    return sockets.length;
  }, service.token(AZIZ));
  expect(opened).toBe(19);
  const late = await as(AZIZ, { path: `c/${chat}` });
  await expect(late.getByText('Suhbat is open in too many tabs', { exact: false })).toBeVisible();
  await write(late, 'still by REST');
  await expect(rows(aziz).first()).toContainText('still by REST');
  await crowd.close();
  await expect(async () => {
    await late.getByRole('button', { name: 'Try now' }).click({ timeout: 1_000 });
    await expect(late.getByText('Suhbat is open in too many tabs', { exact: false })).toHaveCount(0, { timeout: 1_500 });
  }).toPass();
});
