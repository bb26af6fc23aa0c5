import { AZIZ, MALIKA } from './people.ts';
import { expect, field, rows, test, write } from './test.ts';

test('a page goes on over another node when its own is killed', async ({ as, chat, service, faultProxy }) => {
  await service.stopInOrder();
  service.transfer();
  service.shareBus();
  await service.up();
  const other = await service.twin();
  try {
    const aziz = await as(AZIZ, { path: `c/${chat}` });
    await expect(field(aziz)).toBeVisible();
    await aziz.evaluate(() => Object.assign(window, { isTheSamePage: true }));
    // The balancer leads everybody else to the other node, while his socket stays.
    faultProxy.target = other.port;
    const malika = await as(MALIKA, { path: `c/${chat}` });
    await write(aziz, 'one');
    await expect(rows(malika)).toHaveCount(1);
    await write(malika, 'two');
    await expect(rows(aziz)).toHaveCount(2);

    await service.kill();
    await write(aziz, 'three');
    await write(malika, 'four');
    for (const page of [aziz, malika]) {
      await expect(rows(page)).toHaveCount(4);
      for (const text of ['one', 'two', 'three', 'four']) await expect(rows(page).filter({ hasText: text })).toHaveCount(1);
    }
    await expect(rows(aziz).filter({ hasText: 'three' })).toHaveAccessibleName(/seen by/);
    await write(malika, 'and on');
    await expect(rows(aziz).last()).toContainText('and on');
    expect(await aziz.evaluate(() => 'isTheSamePage' in window)).toBe(true);
    const stored = (await other.api(AZIZ, 'GET', `messaging/messages/?conversation=${chat}`)) as { results: { content: string }[] };
    expect(stored.results.map(message => message.content).sort()).toEqual(['and on', 'four', 'one', 'three', 'two']);
  } finally {
    await other.stop();
  }
});
