import { png } from './files.ts';
import { AZIZ, MALIKA } from './people.ts';
import type { Service } from './service.ts';
import { expect, field, rows, test, write } from './test.ts';

const RED: [number, number, number] = [180, 60, 40];

/** Messages of uneven height; every so many of them, a picture. */
async function fill(service: Service, chat: number, count: number, pictureEvery = 0): Promise<number[]> {
  const ids: number[] = [];
  const token = service.token(MALIKA);
  for (let i = 0; i < count; i += 1) {
    const content = `#${i} ${'lorem ipsum dolor '.repeat((i * 7) % 19)}`;
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    let body: FormData | string = JSON.stringify({ conversation: chat, content });
    if (pictureEvery > 0 && i % pictureEvery === 0) {
      const { name, mimeType, buffer } = png(`picture ${i}.png`, 200 + i, 150 + ((i * 13) % 200), RED);
      body = new FormData();
      body.set('conversation', String(chat));
      body.set('content', content);
      body.append('attachment_files', new File([new Uint8Array(buffer)], name, { type: mimeType }));
    } else headers['content-type'] = 'application/json';
    const answer = await fetch(`${service.url}/api/messaging/messages/`, { method: 'POST', headers, body });
    expect(answer.ok).toBe(true);
    ids.push(((await answer.json()) as { id: number }).id);
  }
  return ids;
}

test('the view does not move while older messages come in, up to the first, and one gets back to now', async ({ as, chat, service }) => {
  await fill(service, chat, 400, 9);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(rows(aziz).last()).toContainText('#399');
  await expect(rows(aziz).last()).toBeInViewport();
  const log = aziz.getByRole('log');
  const jumps = await log.evaluate(async scroller => {
    // Comes near the top, holds still, and watches one row while the older page arrives in front of it.
    const moved: number[] = [];
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    for (let page = 0; page < 30 && !scroller.textContent?.includes('Beginning of the conversation'); page += 1) {
      // In steps, as one reads: a leap lands among rows that were never measured, and those may well move.
      for (const top of [2_600, 2_100, 1_700, 1_300]) {
        scroller.scrollTop = top;
        for (let i = 0; i < 6; i += 1) await frame();
      }
      scroller.scrollTop = 1_150;
      await frame();
      const height = scroller.scrollHeight;
      const row = [...scroller.querySelectorAll('article')].find(
        one => one.getBoundingClientRect().top > scroller.getBoundingClientRect().top + 60,
      );
      let y = row?.getBoundingClientRect().top ?? 0;
      for (let i = 0; i < 600 && Math.abs(scroller.scrollHeight - height) < 300; i += 1) {
        y = row?.isConnected ? row.getBoundingClientRect().top : y;
        await frame();
      }
      for (let i = 0; i < 4; i += 1) await frame();
      if (row?.isConnected && Math.abs(scroller.scrollHeight - height) >= 300) moved.push(Math.abs(row.getBoundingClientRect().top - y));
    }
    return moved;
  });
  expect(jumps.length).toBeGreaterThan(3);
  expect(Math.max(...jumps)).toBeLessThanOrEqual(1);
  await log.evaluate(scroller => {
    scroller.scrollTop = 0;
  });
  await expect(rows(aziz).first()).toContainText('#0 ');
  expect(await aziz.locator('article').count()).toBeLessThanOrEqual(60);
  await aziz.getByRole('button', { name: 'Go to the newest messages' }).click();
  await expect(rows(aziz).last()).toContainText('#399');
  await expect(rows(aziz).last()).toBeInViewport();
});

test('opens at the unread divider; sticks at the bottom, counts when away from it', async ({ as, chat, service }) => {
  await fill(service, chat, 60);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const more = await fill(service, chat, 10);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const divider = aziz.getByText('Unread messages', { exact: true });
  await expect(divider).toBeInViewport();
  const log = aziz.getByRole('log');
  const below = log.locator('div:has(> article)').filter({ has: divider }).getByRole('article');
  await expect(below).toHaveAttribute('data-id', String(more[0]));
  await log.evaluate(scroller => {
    scroller.scrollTop = scroller.scrollHeight;
  });
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'arrives at the bottom '.repeat(30) });
  await expect(rows(aziz).last()).toContainText('arrives at the bottom');
  await expect.poll(() => log.evaluate(s => Math.round(s.scrollHeight - s.scrollTop - s.clientHeight))).toBeLessThanOrEqual(2);

  await log.hover();
  await aziz.mouse.wheel(0, -900);
  await expect(aziz.getByRole('button', { name: 'Go to the newest messages' })).toBeVisible();
  const before = await log.evaluate(s => s.scrollTop);
  for (let i = 0; i < 3; i += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `later ${i}` });
  await expect(aziz.getByRole('button', { name: '3 new messages below' })).toBeVisible();
  expect(await log.evaluate(s => s.scrollTop)).toBe(before);
  await write(aziz, 'mine goes to the bottom');
  await expect(rows(aziz).last()).toContainText('mine goes to the bottom');
  await expect(rows(aziz).last()).toBeInViewport();
});

test('the way down says how many unread messages lie below, fewer as one reads on', async ({ as, chat, service }) => {
  await fill(service, chat, 20);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  await fill(service, chat, 80);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(aziz.getByText('Unread messages', { exact: true })).toBeInViewport();
  const down = aziz.getByRole('button', { name: /new messages? below|newest messages/ });
  const count = async () => Number(/\d+/.exec((await down.getAttribute('aria-label')) ?? '')?.[0] ?? 0);
  await expect.poll(count).toBeGreaterThan(50);
  const before = await count();
  expect(before).toBeLessThan(80);
  const log = aziz.getByRole('log');
  await log.hover();
  await aziz.mouse.wheel(0, 1_500);
  await expect.poll(count).toBeLessThan(before);
  // Back up, they stay seen.
  const after = await count();
  await aziz.mouse.wheel(0, -600);
  await expect.poll(() => log.evaluate(s => s.scrollTop)).toBeGreaterThan(0);
  expect(await count()).toBe(after);
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'one more' });
  await expect.poll(count).toBe(after + 1);
  await down.click();
  await expect(rows(aziz).last()).toContainText('one more');
  await expect(rows(aziz).last()).toBeInViewport();
});

test('a conversation that was left at the bottom opens at the bottom, also after it was entered at an unread message', async ({
  as,
  chat,
  service,
}) => {
  await fill(service, chat, 60);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  await fill(service, chat, 1);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(aziz.getByText('Unread messages', { exact: true })).toBeInViewport();
  const log = aziz.getByRole('log');
  await expect.poll(() => log.evaluate(s => Math.round(s.scrollHeight - s.scrollTop - s.clientHeight))).toBeLessThanOrEqual(2);
  const go = (path: string) => aziz.evaluate(to => history.pushState(null, '', to), new URL(path, aziz.url()).pathname);
  const inside = new URL(aziz.url()).pathname;
  await go(inside.replace(/c\/\d+$/, ''));
  await expect(log).toHaveCount(0);
  await fill(service, chat, 12);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  await go(inside);
  await expect(rows(aziz).last()).toContainText('#11 ');
  await expect(rows(aziz).last()).toBeInViewport();
});

test('a burst keeps the view at the bottom, until one scrolls up in the midst of it', async ({ as, chat, service }) => {
  await fill(service, chat, 1);
  // Read, for it would open at the first unread message and not at the bottom.
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(rows(aziz)).toHaveCount(1);
  const burst = (send: () => Promise<unknown>) => Promise.all(Array.from({ length: 8 }, send));
  const log = aziz.getByRole('log');
  const distance = () => log.evaluate(s => Math.round(s.scrollHeight - s.scrollTop - s.clientHeight));
  await burst(() => fill(service, chat, 20));
  await expect.poll(distance).toBeLessThanOrEqual(2);
  await expect(aziz.getByRole('button', { name: /new messages? below/ })).toHaveCount(0);

  await log.hover();
  let isSeen = false;
  const more = burst(async () => {
    while (!isSeen) await fill(service, chat, 1);
  });
  // As one does: more than once, for rows that turn out lower than guessed can take a step back.
  await expect(async () => {
    await aziz.mouse.wheel(0, -400);
    await expect(aziz.getByRole('button', { name: /new messages? below/ })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  isSeen = true;
  await more;
  expect(await distance()).toBeGreaterThan(0);
});

test('jumps to an unloaded message by address, quote and pin, lands on it, focused, and again', async ({ as, chat, service }) => {
  const ids = await fill(service, chat, 300);
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'about the old one', reply_to: ids[5] });
  await service.api(MALIKA, 'POST', `messaging/messages/${ids[150]}/pin/`);
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const aziz = await as(AZIZ, { path: `c/${chat}?m=${ids[60]}` });
  const lands = async (text: string) => {
    const target = aziz.locator('article:focus');
    await expect(target).toContainText(text);
    await expect(target).toBeInViewport({ ratio: 0.9 });
  };
  await lands('#60 ');
  await aziz.getByRole('button', { name: 'Go to the newest messages' }).click();
  await expect(field(aziz)).toBeFocused();
  for (let i = 0; i < 2; i += 1) {
    await aziz.getByRole('button', { name: /In reply to/ }).click();
    await lands('#5 ');
    await aziz.getByRole('button', { name: 'Back to the reply' }).click();
    await expect(rows(aziz).last()).toContainText('about the old one');
  }
  await aziz.getByRole('button', { name: /Pinned message/ }).click();
  await lands('#150 ');

  // Messages that a page of history adds below are not new; and a message written from here leads to now.
  const log = aziz.getByRole('log');
  const newest = () =>
    log.evaluate(s => Math.max(...[...s.querySelectorAll<HTMLElement>('article')].map(row => Number(row.dataset['id']))));
  await expect
    .poll(async () => {
      await log.evaluate(s => {
        s.scrollTop = s.scrollHeight;
      });
      return newest();
    })
    .toBeGreaterThan(ids[190] ?? 0);
  await expect(aziz.getByRole('button', { name: 'Go to the newest messages' })).toBeVisible();
  await expect(aziz.getByRole('button', { name: /new messages? below/ })).toHaveCount(0);
  await write(aziz, 'written from far away');
  await expect(rows(aziz).last()).toContainText('written from far away');
  await expect(rows(aziz).last()).toBeInViewport();
});

test('nothing is read that nobody saw', async ({ as, chat, service }) => {
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'unseen' });
  const aziz = await as(AZIZ);
  await aziz.evaluate(() => {
    Object.defineProperty(document, 'hasFocus', { value: () => false, configurable: true });
  });
  await aziz.locator('[data-row]').click();
  await expect(rows(aziz)).toHaveCount(1);
  const unread = async () =>
    ((await service.api(AZIZ, 'GET', 'messaging/conversations/unread_count/')) as { unread_count: number }).unread_count;
  await expect(aziz.locator('[data-row]')).toContainText('1 unread message');
  // A whole second of looking away, three times as long as a view that counts as seen.
  await aziz.waitForFunction(start => performance.now() - start > 1_000, await aziz.evaluate(() => performance.now()));
  expect(await unread()).toBe(1);
  await aziz.evaluate(() => {
    Object.defineProperty(document, 'hasFocus', { value: () => true });
    window.dispatchEvent(new Event('focus'));
  });
  await expect.poll(unread).toBe(0);
  await expect(aziz.locator('[data-row]')).not.toContainText('unread');
});
