import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

test('a page loaded anew without a network shows what the session held, and goes on when the network is back', async ({
  as,
  chat,
  service,
  faultProxy,
}) => {
  for (const content of ['one', 'two']) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content });
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(rows(aziz)).toHaveCount(2);
  // The worker is asked for when the page has come to rest, and keeps the page when it has it whole.
  const worker = await aziz.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL);
  expect(worker).toBe(`${faultProxy.url}worker.js`);
  // So is the code that keeps what the session saw.
  const loaded = async () => aziz.evaluate(() => performance.getEntriesByType('resource').some(file => file.name.includes('/seen-parts-')));
  await expect.poll(loaded).toBe(true);
  await aziz.context().setOffline(true);
  faultProxy.cut();
  await aziz.reload();
  await expect(rows(aziz)).toHaveCount(2);
  await expect(aziz.locator('[data-row]')).toContainText('Malika Yusupova');
  await expect(aziz.getByText('Offline. As it was at the last connection')).toBeVisible();
  await expect(aziz.getByRole('button', { name: 'Try now' })).toBeVisible();
  await write(aziz, 'written offline');
  await expect(rows(aziz).last()).toHaveAccessibleName(/sending$/);
  await aziz.context().setOffline(false);
  await expect(rows(aziz).last()).toHaveAccessibleName(/sent$|delivered/);
  await expect(rows(aziz)).toHaveCount(3);
  await expect(field(aziz)).toBeVisible();
  // Nothing of the service lies in the caches.
  const kept = await aziz.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async name => (await caches.open(name)).keys()));
    return requests.flat().map(request => request.url);
  });
  expect(kept.filter(url => url.includes('/api/'))).toEqual([]);
  expect(kept).toContain(faultProxy.url);
});

test('the page can be installed, in the language of the person', async ({ as, faultProxy }) => {
  const aziz = await as(AZIZ, { locale: 'uz-UZ' });
  const link = aziz.locator('link[rel="manifest"]');
  await expect(link).toHaveAttribute('href', `${faultProxy.url}manifest.uz.webmanifest`);
  const answer = await aziz.request.get((await link.getAttribute('href')) ?? '');
  expect(answer.headers()['content-type']).toBe('application/manifest+json');
  const manifest = (await answer.json()) as { lang: string; display: string; icons: { src: string; purpose?: string }[] };
  expect(manifest).toMatchObject({ lang: 'uz', display: 'standalone' });
  expect(manifest.icons.some(icon => icon.purpose === 'maskable')).toBe(true);
  for (const { src } of manifest.icons) {
    const icon = await aziz.request.get(new URL(src, `${faultProxy.url}manifest.uz.webmanifest`).href);
    expect(icon.status(), src).toBe(200);
  }
});

test('the outline of the page is there before its code', async ({ as, faultProxy, service }) => {
  void service;
  const aziz = await as(AZIZ, { signedIn: false });
  await aziz.route('**/assets/*.js', () => {});
  await aziz.goto(faultProxy.url, { waitUntil: 'commit' });
  await expect(aziz.locator('.shell i').first()).toBeVisible();
});
