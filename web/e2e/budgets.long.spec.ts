import { mkdirSync, writeFileSync } from 'node:fs';
import type { CDPSession, Page } from '@playwright/test';
import { AZIZ, MALIKA } from './people.ts';
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
  const wheel = await log.evaluate(async scroller => {
    const frames: number[] = [];
    let last = performance.now();
    for (let y = 0; y < 100_000; y += 200) {
      scroller.scrollTop += 200;
      await new Promise(resolve => requestAnimationFrame(resolve));
      const now = performance.now();
      frames.push(now - last);
      last = now;
    }
    return frames.slice(5).sort((a, b) => a - b);
  });
  measured['wheel p99, ms'] = Math.round((wheel[Math.floor(wheel.length * 0.99)] ?? 0) * 10) / 10;
  measured['wheel worst, ms'] = Math.round((wheel.at(-1) ?? 0) * 10) / 10;
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

test('soak: traffic for half an hour leaves nothing behind', async ({ as, chat, service }) => {
  const other = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', { target_user_id: 3, confession_id: 2 })) as {
    id: number;
  };
  await fill(service, chat, 300);
  const page = await as(AZIZ, { path: `c/${chat}` });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const count = async () => {
    const { metrics } = (await session.send('Performance.getMetrics')) as { metrics: { name: string; value: number }[] };
    const of = (name: string) => metrics.find(metric => metric.name === name)?.value ?? 0;
    return { nodes: of('Nodes'), listeners: of('JSEventListeners') };
  };
  const round = async () => {
    for (const id of [other.id, chat]) {
      await page.locator(`[data-row="${id}"]`).click();
      await expect(page.getByRole('main')).toBeVisible();
      await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'traffic '.repeat(8) });
    }
  };
  for (let i = 0; i < 10; i += 1) await round();
  const before = { heap: await heap(session), ...(await count()) };
  const end = Date.now() + MINUTES * 60_000;
  while (Date.now() < end) await round();
  const after = { heap: await heap(session), ...(await count()) };
  measured['soak'] = { minutes: MINUTES, before, after };
  expect.soft(after.heap - before.heap).toBeLessThanOrEqual(20);
  expect.soft(after.nodes).toBeLessThanOrEqual(before.nodes * 1.5 + 500);
  expect.soft(after.listeners).toBeLessThanOrEqual(before.listeners * 1.5 + 100);
});
