import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test } from './test.ts';

test('a restart is told calmly, and what was said meanwhile is there afterwards', async ({ as, chat, service, faultProxy }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await service.kill();
  faultProxy.cut();
  await expect(aziz.getByText(/Reconnecting in \d+ second/)).toBeVisible();
  await expect(aziz.getByRole('main')).not.toContainText('offline');
  // In vain, for now.
  await aziz.getByRole('button', { name: 'Try now' }).click();
  await service.up();
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'said meanwhile' });
  await expect(aziz.getByText('Back online')).toBeVisible();
  await expect(rows(aziz).last()).toContainText('said meanwhile');
  await expect(aziz.getByText('Back online')).toHaveCount(0);
});

test('an orderly stop leads back by itself', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await service.stopInOrder();
  await service.up();
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'after the update' });
  await expect(rows(aziz).last()).toContainText('after the update');
});

test('a newer page is offered when the service is back with one, and a draft survives the change', async ({ as, chat, faultProxy }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await field(aziz).fill('half a sentence');
  await aziz.route(faultProxy.url, async route => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/assets\/index-[\w-]+\.js/, 'assets/index-newer.js') });
  });
  faultProxy.cut();
  await expect(aziz.getByText('A new version of Suhbat is ready.', { exact: false })).toBeVisible();
  await aziz.getByRole('button', { name: 'Reload' }).click();
  await expect(field(aziz)).toHaveValue('half a sentence');
  await expect(aziz.getByText('A new version', { exact: false })).toHaveCount(0);
});

test('the same page after a cut is no news', async ({ as, chat, faultProxy }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  const asked = aziz.waitForResponse(answer => answer.url() === faultProxy.url);
  faultProxy.cut();
  expect((await asked).ok()).toBe(true);
  await expect(aziz.getByText('A new version', { exact: false })).toHaveCount(0);
});
