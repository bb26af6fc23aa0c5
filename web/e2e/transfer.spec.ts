import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

test('a page that stays open while the database is transferred to PostgreSQL goes on without noticing', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await write(aziz, 'one');
  await write(malika, 'two');
  for (const page of [aziz, malika]) await expect(rows(page)).toHaveCount(2);
  await expect(rows(malika).last()).toHaveAccessibleName(/seen by/);
  for (const page of [aziz, malika]) await page.evaluate(() => Object.assign(window, { isTheSamePage: true }));
  await field(malika).fill('half a thought');

  await service.stopInOrder();
  await write(aziz, 'written meanwhile');
  service.transfer();
  await service.up();

  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(3);
    for (const [index, text] of ['one', 'two', 'written meanwhile'].entries()) await expect(rows(page).nth(index)).toContainText(text);
    await expect(page.getByText('restored from a backup', { exact: false })).toHaveCount(0);
  }
  await expect(field(malika)).toHaveValue('half a thought');
  await field(malika).press('Enter');
  await expect(rows(aziz).last()).toContainText('half a thought');
  await write(aziz, 'and on');
  for (const page of [aziz, malika]) {
    await expect(rows(page)).toHaveCount(5);
    expect(await page.evaluate(() => 'isTheSamePage' in window)).toBe(true);
  }
  await expect(rows(aziz).last()).toHaveAccessibleName(/seen by/);
});
