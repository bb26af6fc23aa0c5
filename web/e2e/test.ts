import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type BrowserContextOptions, test as base, expect, type Page } from '@playwright/test';
import { FaultProxy } from './fault-proxy.ts';
import { AZIZ, MALIKA, TOWN } from './people.ts';
import { Service } from './service.ts';

const axeSource = `${readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')};0`;

export interface Visit extends BrowserContextOptions {
  path?: string;
  faultProxy?: FaultProxy;
  signedIn?: boolean;
}

interface Fixtures {
  settings: Record<string, string>;
  service: Service;
  faultProxy: FaultProxy;
  /** Opens the page as a person, in a browser context of its own. */
  as: (user: number, visit?: Visit) => Promise<Page>;
  /** A conversation between Aziz and Malika. */
  chat: number;
}

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  service: async ({ settings, faultProxy }, use, info) => {
    const service = await Service.start(TOWN, { SUHBAT__SERVER__PUBLIC_URL: faultProxy.url, ...settings });
    faultProxy.target = service.port;
    await use(service);
    const hasFailed = info.status !== info.expectedStatus;
    if (hasFailed && service.log !== '') await info.attach('what the service said', { body: service.log, contentType: 'text/plain' });
    await service.stop();
  },
  // biome-ignore lint/correctness/noEmptyPattern: the tool wants a pattern here, even where a fixture needs no other.
  faultProxy: async ({}, use) => {
    const faultProxy = await FaultProxy.start('/chat/');
    await use(faultProxy);
    await faultProxy.stop();
  },
  chat: async ({ service }, use) => {
    const body = { target_user_id: MALIKA, confession_id: 1 };
    const conversation = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', body)) as { id: number };
    await use(conversation.id);
  },
  as: async ({ browser, service, faultProxy }, use) => {
    const problems: string[] = [];
    const contexts: { close: () => Promise<void> }[] = [];
    await use(async (user, visit = {}) => {
      const { path = '', faultProxy: through = faultProxy, signedIn = true, ...options } = visit;
      const context = await browser.newContext({
        locale: 'en-US',
        timezoneId: 'Asia/Tashkent',
        viewport: { width: 1280, height: 800 },
        ...options,
      });
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', error => problems.push(`page error: ${error.message}`));
      page.on('console', message => {
        // The recorder of traces fetches from blobs, the page never does.
        if (/connect.*'blob:/i.test(message.text())) return;
        if (/Content Security Policy|TrustedHTML|Refused to/.test(message.text())) problems.push(message.text());
      });
      page.on('dialog', dialog => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      if (signedIn) {
        // Once only: later changes of the session by a test stay.
        await page.addInitScript(token => {
          if (sessionStorage.getItem('test:began')) return;
          sessionStorage.setItem('test:began', 'yes');
          sessionStorage.setItem('suhbat:token', token);
        }, service.token(user));
      }
      await page.goto(through.url + path);
      // By its place: the name is another in each language, and a sign-in page has a main part too.
      if (signedIn) await expect(page.locator('[data-region="list"]')).toHaveCount(1);
      return page;
    });
    for (const context of contexts) await context.close();
    expect(problems).toEqual([]);
  },
});

export { expect };

export const rows = (page: Page) => page.getByRole('log').getByRole('article');
export const field = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true });

/** By place, for the names are others in each language. */
export async function openSettings(page: Page): Promise<void> {
  await page.locator('[data-region="list"] header button').first().click();
  await page.getByRole('menuitem').first().click();
  await expect(page.getByRole('dialog')).toBeVisible();
}

export async function write(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press('Enter');
}

/** Types and sends as fast as the page takes it, a message a frame. */
export async function writeFast(page: Page, texts: readonly string[]): Promise<void> {
  await field(page).evaluate(async (element, all) => {
    const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
    for (const text of all) {
      setter?.call(element, text);
      element.dispatchEvent(new Event('input', { bubbles: true }));
      await new Promise(resolve => requestAnimationFrame(resolve));
      element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
      await new Promise(resolve => requestAnimationFrame(resolve));
    }
  }, texts);
}

interface AxeResult {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/** No rule is switched off. */
export async function axe(page: Page, state: string): Promise<void> {
  // Colours are judged at rest: animations with an end are awaited, and endless ones change no colours.
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter(animation => Number.isFinite(animation.effect?.getComputedTiming().endTime));
    await Promise.allSettled(ending.map(animation => animation.finished));
  });
  const hasAxe = () => page.evaluate(() => 'axe' in window);
  // As an expression of the debugger: the policy of the page forbids a script that is not its own. It is half a megabyte, so once a page.
  if (!(await hasAxe())) await page.evaluate(axeSource);
  expect(await hasAxe(), 'axe is on the page').toBe(true);
  const violations = await page.evaluate(async () => {
    const { axe: checker } = window as unknown as { axe: { run: (options: unknown) => Promise<{ violations: AxeResult[] }> } };
    const result = await checker.run({
      runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    });
    return result.violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(node => `${String(node.target)}: ${node.failureSummary ?? ''}`),
    }));
  });
  expect(violations, `axe: ${state}`).toEqual([]);
}
