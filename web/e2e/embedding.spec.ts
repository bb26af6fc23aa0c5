import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AZIZ, MALIKA } from './people.ts';
import type { Service } from './service.ts';
import { axe, expect, test } from './test.ts';

/** The platform: the page of docs/embedding.md, and the tokens that it asks for. `token` null: nobody is signed in, and no token ever comes. */
class Platform {
  readonly origin: string;
  token: string | null = null;
  service = '';
  readonly #close: () => void;

  private constructor(server: ReturnType<typeof createServer>) {
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#close = () => server.close();
  }

  static async start(): Promise<Platform> {
    let platform: Platform | null = null;
    const server = createServer((request, response) => {
      if (request.url === '/our/token') response.end(platform?.token ?? '');
      else response.writeHead(200, { 'content-type': 'text/html' }).end(platform?.page() ?? '');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    platform = new Platform(server);
    return platform;
  }

  page(): string {
    const document = readFileSync(new URL('../../docs/embedding.md', import.meta.url), 'utf8');
    const [, example] = /```html\n(.*?)```/s.exec(document) ?? [];
    if (example === undefined) throw new Error('docs/embedding.md has no example');
    return example.replace('https://chat.example.org', this.service);
  }

  close(): void {
    this.#close();
  }
}

const embedded = test.extend<{ platform: Platform; inside: Service }>({
  // biome-ignore lint/correctness/noEmptyPattern: the tool wants a pattern here, even where a fixture needs no other.
  platform: async ({}, use) => {
    const platform = await Platform.start();
    await use(platform);
    platform.close();
  },
  settings: async ({ platform }, use) => use({ SUHBAT__CORS__ALLOWED_ORIGINS: platform.origin }),
  inside: async ({ platform, service, faultProxy }, use) => {
    platform.service = faultProxy.url.replace(/\/$/, '');
    platform.token = service.token(AZIZ);
    await use(service);
  },
});

embedded('the platform leads to a person, and hears of what happens', async ({ page, platform, inside }) => {
  const notices: string[] = [];
  page.on('console', message => message.type() === 'info' && notices.push(message.text()));
  await page.goto(platform.origin);
  const frame = page.frameLocator('suhbat-inbox iframe');
  await expect(frame.locator('[data-region="list"]')).toHaveCount(1);

  // A person without a conversation: prepared, and not created by looking.
  await page.getByRole('button', { name: 'Write to the imam' }).click();
  await expect(frame.getByRole('heading', { name: /Malika Yusupova/ })).toBeVisible();
  const list = (await inside.api(AZIZ, 'GET', 'messaging/conversations/')) as { count: number };
  expect(list.count).toBe(0);
  await axe(page, 'the page of the platform');
  const opened = page.evaluate(
    () =>
      new Promise(resolve =>
        document.querySelector('suhbat-inbox')?.addEventListener('opened', event => resolve((event as CustomEvent).detail)),
      ),
  );
  await frame.getByRole('textbox', { name: 'Message', exact: true }).fill('Assalomu alaykum!');
  await frame.getByRole('textbox', { name: 'Message', exact: true }).press('Enter');
  await expect(frame.getByRole('log').getByRole('article')).toHaveCount(1);
  const { conversation } = (await opened) as { conversation: number };

  // A message that comes while the person looks elsewhere.
  await page.evaluate(() => document.querySelector('suhbat-inbox')?.removeAttribute('person'));
  await expect(frame.getByRole('log')).toHaveCount(0);
  const content = 'Vaalaykum assalom!';
  await inside.api(MALIKA, 'POST', 'messaging/messages/', { conversation, content, client_id: crypto.randomUUID() });
  await expect(page.locator('#unread')).toHaveText('1');
  await expect.poll(() => notices).toEqual([`Malika Yusupova: ${content}`]);
});

embedded('the platform chooses language, theme, and what is hidden', async ({ page, platform, inside }) => {
  expect(inside.url).not.toBe(platform.origin);
  await page.goto(platform.origin);
  const frame = page.frameLocator('suhbat-inbox iframe');
  const root = frame.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'light');
  await expect(frame.locator('[data-region="list"] > header')).toBeVisible();
  await page.evaluate(() => {
    const inbox = document.querySelector('suhbat-inbox');
    inbox?.setAttribute('language', 'uz');
    inbox?.setAttribute('theme', 'dark');
    inbox?.setAttribute('hide', 'header');
  });
  await expect(root).toHaveAttribute('lang', 'uz');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(frame.locator('[data-region="list"] > header')).toBeHidden();
  await page.evaluate(() => document.querySelector('suhbat-inbox')?.setAttribute('hide', 'list'));
  await expect(frame.locator('[data-region="list"]')).toBeHidden();
});

embedded('a platform that stays silent leaves a way out, and may still answer', async ({ page, platform, inside }) => {
  platform.token = null;
  await page.goto(platform.origin);
  const needed = page.evaluate(
    () => new Promise<void>(resolve => document.querySelector('suhbat-inbox')?.addEventListener('sign-in-needed', () => resolve())),
  );
  const frame = page.frameLocator('suhbat-inbox iframe');
  await needed;
  await expect(frame.getByRole('heading', { name: 'Sign in on the platform' })).toBeVisible();
  platform.token = inside.token(AZIZ);
  await page.evaluate(() => (document.querySelector('suhbat-inbox') as unknown as { signIn: () => Promise<void> }).signIn());
  await expect(frame.locator('[data-region="list"]')).toHaveCount(1);
});

test('a link leads to a person, and says so where it cannot', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `to/${MALIKA}?community=1` });
  await expect(aziz).toHaveURL(new RegExp(`/c/${chat}$`));
  const other = await as(AZIZ, { path: 'to/999' });
  await expect(other.getByRole('heading', { name: 'There is no such person.' })).toBeVisible();
  await axe(other, 'no such person');
});
