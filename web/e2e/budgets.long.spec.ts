import { mkdirSync, writeFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';
import { AZIZ, MALIKA, TOWN } from './people.ts';
import type { Service } from './service.ts';
import { expect, rows, test } from './test.ts';

const MANY = Number(process.env['SUHBAT_MANY'] ?? 10_000);
const MINUTES = Number(process.env['SUHBAT_SOAK_MINUTES'] ?? 30);
const measured: Record<string, unknown> = {};

test.afterAll(() => {
  mkdirSync(new URL('../e2e-results/', import.meta.url), { recursive: true });
  writeFileSync(new URL('../e2e-results/budgets.json', import.meta.url), JSON.stringify(measured, null, 2));
  console.log(JSON.stringify(measured, null, 2));
});

async function fill(service: Service, chat: number, count: number): Promise<void> {
  const authorization = `Bearer ${service.token(MALIKA)}`;
  for (let from = 0; from < count; from += 20) {
    await Promise.all(
      Array.from({ length: Math.min(20, count - from) }, (_, i) =>
        fetch(`${service.url}/api/messaging/messages/`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body: JSON.stringify({ conversation: chat, content: `#${from + i} ${'lorem ipsum dolor '.repeat(((from + i) * 7) % 19)}` }),
        }),
      ),
    );
  }
  await service.api(AZIZ, 'POST', `messaging/conversations/${chat}/mark_as_read/`);
}

async function heap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize / 1024 / 1024;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function firstPaint(page: Page): Promise<number> {
  await expect.poll(() => page.evaluate(() => performance.getEntriesByName('first-contentful-paint').length)).toBe(1);
  return page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN);
}

test('first paint and first messages', async ({ as, chat, service }) => {
  await fill(service, chat, 200);
  for (const [rate, paintLimit, rowLimit] of [
    [1, 800, 1_200],
    [4, 2_000, 2_500],
  ] as const) {
    const paints: number[] = [];
    const visible: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const page = await as(AZIZ);
      const session = await page.context().newCDPSession(page);
      await session.send('Network.setCacheDisabled', { cacheDisabled: true });
      await session.send('Emulation.setCPUThrottlingRate', { rate });
      await page.addInitScript(() => {
        new MutationObserver((_, observer) => {
          if (!document.querySelector('[role=log] article')) return;
          observer.disconnect();
          requestAnimationFrame(() => performance.mark('first-row'));
        }).observe(document, { childList: true, subtree: true });
      });
      await page.goto(`${page.url()}c/${chat}`);
      await expect(rows(page).first()).toBeVisible();
      paints.push(await firstPaint(page));
      visible.push(await page.evaluate(() => performance.getEntriesByName('first-row')[0]?.startTime ?? Number.NaN));
    }
    measured[`first paint, CPU ÷${rate}`] = Math.round(median(paints));
    measured[`messages visible, CPU ÷${rate}`] = Math.round(median(visible));
    expect.soft(median(paints)).toBeLessThanOrEqual(paintLimit);
    expect.soft(median(visible)).toBeLessThanOrEqual(rowLimit);
  }
});

test('ten thousand messages: rows, heap, wheel, keys', async ({ as, chat, service }) => {
  await fill(service, chat, MANY);
  const page = await as(AZIZ, { path: `c/${chat}` });
  await expect(rows(page).last()).toBeVisible();
  const session = await page.context().newCDPSession(page);
  const log = page.getByRole('log');
  await log.evaluate(async scroller => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const limit = performance.now() + 10 * 60_000;
    while (!scroller.textContent?.includes('Beginning of the conversation') && performance.now() < limit) {
      scroller.scrollTop = 0;
      await frame();
    }
  });
  await expect(log).toContainText('Beginning of the conversation');
  measured['rows in the DOM'] = await page.locator('article').count();
  measured['heap at the end, MB'] = Math.round((await heap(session)) * 10) / 10;
  const late: number[] = [];
  const counts: number[] = [];
  const worst: number[] = [];
  for (let run = 0; run < 3; run += 1) {
    await log.evaluate(async scroller => {
      scroller.scrollTop = 0;
      for (let i = 0; i < 30; i += 1) await new Promise(resolve => requestAnimationFrame(resolve));
    });
    const measuring = log.evaluate(
      scroller =>
        new Promise<number[]>(resolve => {
          const took: number[] = [];
          let last = performance.now();
          const frame = () => {
            const now = performance.now();
            took.push(now - last);
            last = now;
            if (scroller.scrollTop < 100_000) requestAnimationFrame(frame);
            else resolve(took.slice(5).sort((a, b) => a - b));
          };
          requestAnimationFrame(frame);
        }),
    );
    const box = await log.boundingBox();
    const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
    // A wheel that turns by 200 pixels a frame.
    await session.send('Input.synthesizeScrollGesture', { x, y, yDistance: -101_000, speed: 12_000, gestureSourceType: 'mouse' });
    const frames = await measuring;
    counts.push(frames.length);
    late.push(frames[Math.floor(frames.length * 0.99)] ?? Number.NaN);
    worst.push(frames.at(-1) ?? Number.NaN);
  }
  measured['wheel p99, ms'] = Math.round(median(late) * 10) / 10;
  measured['wheel frames'] = median(counts);
  measured['wheel worst, ms'] = Math.round(median(worst) * 10) / 10;
  const keys = await page.evaluate(async () => {
    const field = document.querySelector<HTMLTextAreaElement>('[data-region=composer] textarea');
    const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
    const times: number[] = [];
    for (let i = 0; i < 60 && field; i += 1) {
      const start = performance.now();
      setter?.call(field, 'x'.repeat(i + 1));
      field.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
  });
  measured['key to frame p98, ms'] = Math.round(keys[Math.floor(keys.length * 0.98)] ?? 0);
  expect.soft(measured['rows in the DOM']).toBeLessThanOrEqual(60);
  expect.soft(measured['heap at the end, MB']).toBeLessThanOrEqual(40);
  expect.soft(measured['wheel p99, ms']).toBeLessThanOrEqual(20);
  expect.soft(measured['wheel worst, ms']).toBeLessThanOrEqual(33);
  expect.soft(measured['key to frame p98, ms']).toBeLessThanOrEqual(50);
});

test('five hundred messages at once', async ({ as, chat, service }) => {
  await fill(service, chat, 1);
  const page = await as(AZIZ, { path: `c/${chat}` });
  await expect(page.getByRole('log')).toBeVisible();
  await page.evaluate(() => {
    const seen = { longest: 0, changes: 0 };
    Object.assign(window, { seen });
    new PerformanceObserver(list => {
      for (const task of list.getEntries()) seen.longest = Math.max(seen.longest, task.duration);
    }).observe({ type: 'longtask' });
    // The observer gets all changes of one render in one call.
    new MutationObserver(() => {
      seen.changes += 1;
    }).observe(document.querySelector('[role=log]') as Node, { childList: true, subtree: true });
  });
  const began = Date.now();
  await fill(service, chat, 500);
  const seconds = (Date.now() - began) / 1000;
  // Twenty are sent at a time: the last of all is one of these.
  await expect(rows(page).last()).toContainText(/#4[89]\d /);
  const { longest, changes } = await page.evaluate(() => (window as unknown as { seen: { longest: number; changes: number } }).seen);
  measured['500 messages'] = { seconds, 'longest task, ms': Math.round(longest), 'renders a second': Math.round(changes / seconds) };
  expect.soft(longest).toBeLessThanOrEqual(100);
  expect.soft(changes / Math.max(1, seconds)).toBeLessThanOrEqual(60);
});

const ROOMS = 50;
const TIMES = 10;

/** Conversations of Malika with members of her community, each with something in it. */
async function town(service: Service): Promise<{ id: number; member: number }[]> {
  const users = Array.from({ length: ROOMS }, (_, i) => ({ id: 100 + i, username: `m${i}`, first_name: `Member${i}`, role: 'user' }));
  const subscriptions = users.map(user => ({ user_id: user.id, confession_id: 1 }));
  const directory = { users: [...TOWN.users, ...users], confessions: TOWN.confessions, subscriptions };
  await service.api(MALIKA, 'POST', 'directory/import/', directory, 'directory');
  const rooms: { id: number; member: number }[] = [];
  for (const { id: member } of users) {
    const body = { target_user_id: MALIKA, confession_id: 1 };
    const { id } = (await service.api(member, 'POST', 'messaging/conversations/get_or_create/', body)) as { id: number };
    for (let i = 0; i < 60; i += 1) {
      const content = `${i} of ${member} ${'lorem ipsum '.repeat((i * 7) % 19)}`;
      await service.api(member, 'POST', 'messaging/messages/', { conversation: id, content });
    }
    await service.api(MALIKA, 'POST', `messaging/conversations/${id}/mark_as_read/`);
    rooms.push({ id, member });
  }
  return rooms;
}

test('soak: fifty conversations, each opened ten times and for half an hour, leave nothing behind', async ({ as, service, faultProxy }) => {
  const rooms = await town(service);
  const page = await as(MALIKA);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const count = async () => {
    const { metrics } = (await session.send('Performance.getMetrics')) as { metrics: { name: string; value: number }[] };
    const of = (name: string) => metrics.find(metric => metric.name === name)?.value ?? 0;
    return { nodes: of('Nodes'), listeners: of('JSEventListeners') };
  };
  let said = 0;
  const round = async () => {
    for (const { id, member } of rooms) {
      // By its address, without a reload: its row in the list is mostly out of view.
      await page.evaluate(path => history.pushState(null, '', path), new URL(`c/${id}`, faultProxy.url).pathname);
      said += 1;
      await service.api(member, 'POST', 'messaging/messages/', {
        conversation: id,
        content: `traffic ${said} ${'word '.repeat(said % 30)}`,
      });
      await expect(rows(page).last()).toContainText(`traffic ${said} `);
      // A conversation that is opened again begins at the bottom, where the next message arrives.
      await service.api(MALIKA, 'POST', `messaging/conversations/${id}/mark_as_read/`);
    }
  };
  // Memory that is taken only once (fonts, chunks, the ten conversations) is taken after the first round.
  await round();
  const before = { heap: await heap(session), ...(await count()) };
  const end = Date.now() + MINUTES * 60_000;
  let rounds = 0;
  for (; rounds < TIMES || Date.now() < end; rounds += 1) await round();
  const after = { heap: await heap(session), ...(await count()) };
  measured['soak'] = { minutes: MINUTES, conversations: ROOMS, rounds, before, after };
  expect.soft(after.heap - before.heap).toBeLessThanOrEqual(20);
  expect.soft(after.nodes).toBeLessThanOrEqual(before.nodes * 1.5 + 500);
  expect.soft(after.listeners).toBeLessThanOrEqual(before.listeners * 1.5 + 100);
});
