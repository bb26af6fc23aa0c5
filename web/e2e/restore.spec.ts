import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

test('a page that stays open over a restore shows what is stored, and goes on', async ({ as, chat, service, faultProxy }) => {
  const say = (who: number, content: string) => service.api(who, 'POST', 'messaging/messages/', { conversation: chat, content });
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await write(aziz, 'one');
  await expect(rows(malika)).toHaveCount(1);
  await write(malika, 'two');
  await expect(rows(aziz)).toHaveCount(2);
  service.backup('copy.db');
  for (const text of ['three', 'four', 'five']) await say(MALIKA, text);
  await write(aziz, 'six');
  await expect(rows(malika)).toHaveCount(6);
  await expect(rows(aziz).last()).toHaveAccessibleName(/seen by/);
  for (const page of [aziz, malika]) await page.evaluate(() => Object.assign(window, { isTheSamePage: true }));
  await field(malika).fill('half a thought');

  await service.stopInOrder();
  await write(aziz, 'written meanwhile');
  service.restore('copy.db');
  await service.up();

  for (const page of [aziz, malika]) {
    await expect(page.getByText('The service was restored from a backup.', { exact: false })).toBeVisible();
    await expect(rows(page)).toHaveCount(3);
    for (const [index, text] of ['one', 'two', 'written meanwhile'].entries()) await expect(rows(page).nth(index)).toContainText(text);
    await expect(page.locator(`[data-row="${chat}"]`)).toContainText('written meanwhile');
  }
  await expect(field(malika)).toHaveValue('half a thought');
  await field(malika).press('Enter');
  await write(aziz, 'and on');
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(5);
    await expect(rows(page).filter({ hasText: 'half a thought' })).toHaveCount(1);
    await expect(rows(page).filter({ hasText: 'and on' })).toHaveCount(1);
  }
  await expect(rows(aziz).filter({ hasText: 'and on' })).toHaveAccessibleName(/seen by/);
  await aziz.getByRole('button', { name: 'Close' }).click();
  await expect(aziz.getByText('restored from a backup', { exact: false })).toHaveCount(0);

  // Once more, with numbers and ids that were given out again before the pages are back.
  faultProxy.refuses = true;
  await service.stopInOrder();
  service.restore('copy.db');
  await service.up();
  for (let i = 1; i <= 8; i += 1) await say(MALIKA, `again ${i}`);
  faultProxy.refuses = false;
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(10);
    await expect(rows(page).last()).toContainText('again 8');
    await expect(rows(page).filter({ hasText: 'and on' })).toHaveCount(0);
  }
  await write(malika, 'the last');
  await expect(rows(aziz)).toHaveCount(11);
  await expect(rows(aziz).last()).toContainText('the last');
  for (const page of [aziz, malika]) expect(await page.evaluate(() => 'isTheSamePage' in window)).toBe(true);
});
