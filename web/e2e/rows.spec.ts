import { AZIZ, MALIKA } from './people.ts';
import { axe, expect, rows, test } from './test.ts';

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
  await malika.getByRole('button', { name: 'Undo' }).click();
  await expect(list(malika)).toHaveCount(1);

  // Whoever is answered waits no longer.
  await service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: chat, content: 'an answer' });
  await expect(list(malika)).toHaveCount(0);
  await malika.getByRole('button', { name: 'All', exact: true }).click();
  await list(malika).click();
  await expect(rows(malika)).toHaveCount(2);
});
  // It was the only one: the focus goes to the list's filter, not to nowhere.
  await expect(malika.getByRole('button', { name: 'Waiting', exact: true })).toBeFocused();
