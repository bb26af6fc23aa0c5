import { AZIZ, MALIKA } from './people.ts';
import type { Service } from './service.ts';
import { expect, field, rows, test, write } from './test.ts';

async function fill(service: Service, chat: number, count: number): Promise<number[]> {
  const ids: number[] = [];
  const token = service.token(MALIKA);
  for (let i = 0; i < count; i += 1) {
    const answer = await fetch(`${service.url}/api/messaging/messages/`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ conversation: chat, content: `#${i} ${'lorem ipsum dolor '.repeat((i * 7) % 19)}` }),
    });
    ids.push(((await answer.json()) as { id: number }).id);
  }
  return ids;
}

test('the view does not move while older messages come in, up to the first, and one gets back to now', async ({ as, chat, service }) => {
  await fill(service, chat, 400);
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
      scroller.scrollTop = 900;
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
  const ids = await fill(service, chat, 60);
  await service.api(AZIZ, 'POST', `messaging/messages/${ids[39]}/mark_as_read/`).catch(() => {});
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
  const more = await fill(service, chat, 10);
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(aziz.getByText('Unread messages', { exact: true })).toBeInViewport();
  const log = aziz.getByRole('log');
  await log.evaluate(scroller => {
    scroller.scrollTop = scroller.scrollHeight;
  });
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'arrives at the bottom '.repeat(30) });
  await expect(rows(aziz).last()).toContainText('arrives at the bottom');
  await expect.poll(() => log.evaluate(s => Math.round(s.scrollHeight - s.scrollTop - s.clientHeight))).toBeLessThanOrEqual(2);

  await log.evaluate(scroller => {
    scroller.scrollTop -= 900;
  });
  await expect(aziz.getByRole('button', { name: 'Go to the newest messages' })).toBeVisible();
  const before = await log.evaluate(s => s.scrollTop);
  for (let i = 0; i < 3; i += 1) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: `later ${i}` });
  await expect(aziz.getByRole('button', { name: '3 new messages below' })).toBeVisible();
  expect(await log.evaluate(s => s.scrollTop)).toBe(before);
  await write(aziz, 'mine goes to the bottom');
  await expect(rows(aziz).last()).toContainText('mine goes to the bottom');
  await expect(rows(aziz).last()).toBeInViewport();
  expect(more).toHaveLength(10);
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
    await aziz.getByRole('button', { name: 'Go to the newest messages' }).click();
    await expect(rows(aziz).last()).toContainText('about the old one');
  }
  await aziz.getByRole('button', { name: /Pinned message/ }).click();
  await lands('#150 ');
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
  // A whole second of looking away, three times what would count as seen.
  await aziz.waitForFunction(start => performance.now() - start > 1_000, await aziz.evaluate(() => performance.now()));
  expect(await unread()).toBe(1);
  await aziz.evaluate(() => {
    Object.defineProperty(document, 'hasFocus', { value: () => true });
    window.dispatchEvent(new Event('focus'));
  });
  await expect.poll(unread).toBe(0);
  await expect(aziz.locator('[data-row]')).not.toContainText('unread');
});
