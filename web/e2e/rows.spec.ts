import { png, text, wav } from './files.ts';
import { AZIZ, MALIKA } from './people.ts';
import type { Service } from './service.ts';
import { axe, expect, rows, test } from './test.ts';

type Chosen = ReturnType<typeof text>;

/** Sends files as the page does, with a text if there is one; the id of the message. */
async function attach(service: Service, user: number, chat: number, files: readonly Chosen[], content?: string): Promise<number> {
  const form = new FormData();
  form.set('conversation', String(chat));
  if (content !== undefined) form.set('content', content);
  for (const { name, mimeType, buffer } of files)
    form.append('attachment_files', new Blob([new Uint8Array(buffer)], { type: mimeType }), name);
  const headers = { authorization: `Bearer ${service.token(user)}` };
  const answer = await fetch(`${service.url}/api/messaging/messages/`, { method: 'POST', headers, body: form });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { id: number }).id;
}

const list = (page: import('@playwright/test').Page) => page.locator('[data-row]');

test('an admin sees who waits, archives a row and takes it back, and answers', async ({ as, service, chat }) => {
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'a question' });
  const malika = await as(MALIKA);
  await expect(list(malika)).toHaveCount(1);
  await malika.getByRole('button', { name: 'Waiting', exact: true }).click();
  await expect(list(malika)).toContainText('a question');
  await axe(malika, 'who waits');

  // The menu by keyboard.
  await list(malika).focus();
  await malika.keyboard.press('Shift+F10');
  await expect(malika.getByRole('menuitem', { name: 'No answer needed' })).toBeVisible();
  await axe(malika, 'the menu of a row');
  await malika.getByRole('menuitem', { name: 'Archive' }).click();
  await expect(list(malika)).toHaveCount(0);
  // It was the only one: the focus goes to the list's filter, not to nowhere.
  await expect(malika.getByRole('button', { name: 'Waiting', exact: true })).toBeFocused();
  await malika.getByRole('button', { name: 'Undo' }).click();
  await expect(list(malika)).toHaveCount(1);

  // Whoever is answered waits no longer.
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'an answer' });
  await expect(list(malika)).toHaveCount(0);
  await malika.getByRole('button', { name: 'All', exact: true }).click();
  await list(malika).click();
  await expect(rows(malika)).toHaveCount(2);
});

test('a row says what files came last, in its name and in each language, and forgets a deleted one', async ({ as, service, chat }) => {
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'first' });
  const malika = await as(MALIKA);
  const row = list(malika);
  await expect(row).toContainText('first');
  const [red, blue] = [png('red.png', 20, 20, [200, 0, 0]), png('blue.png', 20, 20, [0, 0, 200])] as const;
  for (const [files, content, words] of [
    [[red], undefined, 'Photo'],
    [[red, blue], undefined, '2 photos'],
    [[wav('azan.wav', 1)], undefined, 'Audio'],
    [[text('notes.txt', 20), red], undefined, '2 files'],
    [[text('notes.txt', 20)], undefined, 'notes.txt'],
    [[red], 'look here', 'look here'],
  ] as const) {
    const id = await attach(service, AZIZ, chat, files, content);
    await expect(row).toContainText(words);
    await expect(row).toHaveAccessibleName(new RegExp(words));
    if (content) await expect(row).toHaveAccessibleName(/Photo, look here/);
    if (words === 'Photo') await axe(malika, 'a row with a photo');
    await service.api(AZIZ, 'DELETE', `messaging/messages/${id}/`);
    await expect(row).toContainText('first');
    await expect(row).not.toHaveAccessibleName(/Photo|photos|Audio|files|notes/);
  }
  // As the list has it after a reload, and from the sender's side.
  await attach(service, AZIZ, chat, [red]);
  for (const [user, locale, words] of [
    [MALIKA, 'uz-UZ', 'Rasm'],
    [MALIKA, 'ru-RU', 'Фото'],
    [AZIZ, 'en-US', 'You: Photo'],
  ] as const) {
    await expect(list(await as(user, { locale }))).toContainText(words);
  }
});

test('the ticks of the own last message follow in the row, and are there after a reload', async ({ as, service, chat }) => {
  const aziz = await as(AZIZ);
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'salom' });
  const tick = list(aziz).locator('[data-status]');
  await expect(tick).toHaveAttribute('data-status', 'sent');
  await expect(list(aziz)).toHaveAccessibleName(/\bsent\b/);
  const malika = await as(MALIKA);
  await expect(list(malika)).toContainText('salom');
  // A list proves no delivery: her device has what came after it was there.
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'qalaysiz?' });
  await expect(tick).toHaveAttribute('data-status', 'delivered');
  await expect(list(malika).locator('[data-status]')).toHaveCount(0);
  await list(malika).click();
  await expect(rows(malika)).toHaveCount(2);
  await expect(tick).toHaveAttribute('data-status', 'seen');
  await expect(list(aziz)).toHaveAccessibleName(/\bseen\b/);
  await axe(aziz, 'a row with ticks');
  await aziz.reload();
  await expect(tick).toHaveAttribute('data-status', 'seen');
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'vaalaykum' });
  await expect(tick).toHaveCount(0);
});

for (const density of ['roomy', 'compact']) {
  test(`the button of a ${density} row covers neither its time nor its badge`, async ({ as, service, chat }) => {
    await service.api(AZIZ, 'POST', 'messaging/messages/', {
      conversation: chat,
      content: 'a question that is longer than its row, so that it ends in dots',
    });
    const malika = await as(MALIKA);
    await malika.evaluate(wanted => localStorage.setItem('suhbat:settings', JSON.stringify({ density: wanted })), density);
    await malika.reload();
    await list(malika).hover();
    const more = malika.locator('[data-menu]');
    await expect(more).toBeVisible();
    const box = async (of: import('@playwright/test').Locator) => {
      const found = await of.boundingBox();
      if (!found) throw new Error('it is not to be seen');
      return found;
    };
    // The time ends above it, and the badge before it.
    await expect
      .poll(async () => {
        const [button, time, badge] = [
          await box(more),
          await box(list(malika).locator('time')),
          await box(list(malika).getByText('1', { exact: true })),
        ];
        return time.y + time.height <= button.y + 1 && badge.x + badge.width <= button.x + 1;
      })
      .toBe(true);
  });
}
