import { AZIZ } from './people.ts';
import { expect, rows, test } from './test.ts';

test('the program serves its page: rewritten for its path, guarded, compressed and kept', async ({ service, faultProxy, request }) => {
  const page = await request.get(`${faultProxy.url}c/7`);
  expect(page.headers()['cache-control']).toBe('no-cache');
  expect(page.headers()['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1] ?? '');
  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const file of files) {
    expect(file).toMatch(/^\/chat\//);
    const answer = await request.get(new URL(file, faultProxy.url).href, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(answer.status(), file).toBe(200);
    if (file.includes('/assets/')) expect(answer.headers()['cache-control']).toContain('immutable');
    const isPicture = file.endsWith('.png');
    if (!isPicture && (await answer.body()).length > 512) expect(answer.headers()['content-encoding'], file).toBe('br');
  }
  const missing = await request.get(`${service.url}/assets/index-none.js`);
  expect(missing.status()).toBe(404);
});

test('a reload deep inside comes back to the same place', async ({ as, chat, service }) => {
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'still here' });
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await aziz.reload();
  await expect(rows(aziz).first()).toContainText('still here');
});
