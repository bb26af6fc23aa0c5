import type { Page } from '@playwright/test';

import { AZIZ, MALIKA, TOWN } from './people.ts';
import { expect, rows, test } from './test.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'https://evil.uz/"onmouseover="alert(1)',
  'https://evil.uz/<img/src/onerror=alert(1)>',
  'http://user:pass@evil.uz/',
  'file:///etc/passwd',
  'blob:https://x.uz/1',
  '"><script>alert(1)</script>',
  "';alert(1)//",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what the attack looks like.
  '`${alert(1)}`',
  '{{constructor.constructor("alert(1)")()}}',
  '<body onload=alert(1)>',
  '<input autofocus onfocus=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<marquee onstart=alert(1)>',
  '<math><mtext><script>alert(1)</script></mtext></math>',
  '<object data="javascript:alert(1)">',
  '<embed src="javascript:alert(1)">',
  '<link rel=stylesheet href="https://evil.uz/x.css">',
  '<style>body{display:none}</style>',
  '<meta http-equiv=refresh content="0;url=https://evil.uz">',
  '<base href="https://evil.uz/">',
  '<form action="https://evil.uz"><button>x</button></form>',
  '<template><img src=x onerror=alert(1)></template>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<script>alert(1)</script>]]>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;alert(1)',
  '\u202egnp.exe',
  '\u2066\u202etfel ot thgir\u2069',
  'x\u200b\u200c\u200d\ufeff',
  'a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308',
  'Z̸̢̛͍͍a̷l̴g̵o̶',
  '𝕏 𝔘𝔫𝔦𝔠𝔬𝔡𝔢',
  '../../../../etc/passwd',
  "Robert'); DROP TABLE messages;--",
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '\\u003cscript\\u003e',
  '[x](javascript:alert(1))',
  '![x](https://evil.uz/t.png)',
  '**bold** _it_ `code`',
  '__proto__',
  'constructor',
  'https://pаypal.com/login',
  'https://xn--80ak6aa92e.com/',
  'mailto:a@b.uz?subject=<script>',
  'www.evil.uz/<script>',
  'https://evil.uz/?q=\u202ehttps://good.uz',
  'W'.repeat(400),
  '🏳️‍🌈'.repeat(60),
  'مرحبا <b>بك</b> שלום',
];

/** Mixed scripts pretend to be another address: the real one is shown. */
const SHOWN_OTHERWISE = new Map([['https://pаypal.com/login', 'https://xn--pypal-4ve.com/login']]);

/** Whether nothing of the page reaches beyond its width. */
const fits = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

test('hostile texts and names stay texts', async ({ as, service, chat }) => {
  const users = TOWN.users.map(user =>
    user.id === MALIKA ? { ...user, first_name: '<img src=x onerror=alert(1)>', last_name: '\u202e<b>x' } : user,
  );
  const confessions = TOWN.confessions.map(one => (one.id === 1 ? { ...one, name: '<script>alert(1)</script>' } : one));
  await service.api(MALIKA, 'POST', 'directory/import/', { users, confessions, subscriptions: [] }, 'directory');
  for (const content of HOSTILE) await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content });
  // So high that every row is drawn.
  const aziz = await as(AZIZ, { path: `c/${chat}`, viewport: { width: 1280, height: 9_000 } });
  await expect(rows(aziz)).toHaveCount(HOSTILE.length);
  const seen = await rows(aziz).evaluateAll(all => all.map(row => row.textContent ?? ''));
  for (const [index, text] of HOSTILE.entries()) expect(seen[index]).toContain(SHOWN_OTHERWISE.get(text) ?? text.slice(0, 200));
  const strange = await aziz.evaluate(() => {
    const foreign = document.querySelectorAll(
      '[role=log] :is(script, img, iframe, object, embed, link, style, form, input, svg:not(.lucide), b, base, meta, details)',
    );
    const links = [...document.querySelectorAll<HTMLAnchorElement>('[role=log] a')].filter(
      link => !/^(https?|mailto):/.test(link.href) || link.rel !== 'noopener noreferrer nofollow' || link.username !== '',
    );
    return foreign.length + links.length + document.querySelectorAll('script:not([src])').length;
  });
  expect(strange).toBe(0);
  expect(await fits(aziz)).toBe(true);
  // Drawing two such pages at once takes a machine without a graphics card longer than the test waits.
  await aziz.close();
  const narrow = await as(AZIZ, { path: `c/${chat}`, viewport: { width: 360, height: 9_000 } });
  await expect(rows(narrow)).toHaveCount(HOSTILE.length);
  expect(await fits(narrow)).toBe(true);
});
