import { AZIZ, MALIKA, RUSTAM, STRANGER } from './people.ts';
import { expect, field, rows, test, write, writeFast } from './test.ts';

test('a lost acknowledgement and a dead socket double nothing', async ({ as, chat, faultProxy }) => {
  const aziz = await as(AZIZ);
  let lose = true;
  await aziz.routeWebSocket(/\/ws\//, socket => {
    const server = socket.connectToServer();
    server.onMessage(message => {
      if (lose && String(message).includes('"type":"ack"')) return;
      socket.send(message);
    });
  });
  await aziz.goto(`${faultProxy.url}c/${chat}`);
  await write(aziz, 'only once');
  await expect(rows(aziz)).toHaveCount(1);
  lose = false;
  faultProxy.cut();
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(rows(malika)).toHaveCount(1);
  await expect(rows(aziz).first()).toHaveAccessibleName(/, (sent$|delivered to |seen by )/);
  await expect(rows(aziz)).toHaveCount(1);
});

test('killed while twenty are on their way: all arrive, none twice', async ({ as, chat, service, faultProxy }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await writeFast(
    aziz,
    Array.from({ length: 10 }, (_, i) => `k${i + 1}`),
  );
  await service.kill();
  faultProxy.cut();
  await writeFast(
    aziz,
    Array.from({ length: 10 }, (_, i) => `k${i + 11}`),
  );
  await expect(aziz.getByText('k20', { exact: true })).toBeVisible();
  await service.up();
  const stored = async () => {
    const page = (await service.api(MALIKA, 'GET', `messaging/messages/?conversation=${chat}&limit=100`)) as {
      results: { content: string }[];
    };
    return page.results.map(message => message.content);
  };
  await expect.poll(stored, { timeout: 60_000 }).toEqual(Array.from({ length: 20 }, (_, i) => `k${i + 1}`));
});

for (const lost of ['chat_message', 'message_edited', 'message_deleted']) {
  test(`a lost ${lost} is repaired by the next frame`, async ({ as, chat, service, faultProxy }) => {
    const malika = await as(MALIKA);
    let lose = '';
    await malika.routeWebSocket(/\/ws\//, socket => {
      const server = socket.connectToServer();
      server.onMessage(message => {
        if (lose !== '' && (String(message).includes(`"type":"${lose}"`) || String(message).includes('conversation_updated'))) return;
        socket.send(message);
      });
    });
    const first = (await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'first' })) as { id: number };
    await malika.goto(`${faultProxy.url}c/${chat}`);
    await expect(rows(malika)).toHaveCount(1);
    lose = lost;
    if (lost === 'chat_message') await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'lost' });
    if (lost === 'message_edited') await service.api(AZIZ, 'PATCH', `messaging/messages/${first.id}/`, { content: 'changed' });
    if (lost === 'message_deleted') await service.api(AZIZ, 'DELETE', `messaging/messages/${first.id}/`);
    lose = '';
    await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'next' });
    const wanted = { chat_message: ['first', 'lost', 'next'], message_edited: ['changed', 'next'], message_deleted: ['next'] }[lost] ?? [];
    await expect(rows(malika)).toHaveCount(wanted.length);
    for (const [index, text] of wanted.entries()) await expect(rows(malika).nth(index)).toContainText(text);
  });
}

test('a lost message is repaired by a pong, and by a resync, each alone', async ({ as, chat, service, faultProxy }) => {
  const malika = await as(MALIKA);
  let deaf = false;
  let greeted = false;
  let say: (frame: string) => void = () => {};
  await malika.routeWebSocket(/\/ws\//, socket => {
    const server = socket.connectToServer();
    say = frame => socket.send(frame);
    server.onMessage(message => {
      greeted ||= String(message).includes('"type":"ready"');
      if (!deaf || String(message).includes('"type":"pong"')) socket.send(message);
    });
  });
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'first' });
  await malika.goto(`${faultProxy.url}c/${chat}`);
  await expect(rows(malika)).toHaveCount(1);
  await expect.poll(() => greeted).toBe(true);
  deaf = true;
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'second' });
  // Coming back to the tab asks for a pong.
  await malika.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(rows(malika)).toHaveCount(2);
  await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content: 'third' });
  say(JSON.stringify({ type: 'resync' }));
  await expect(rows(malika)).toHaveCount(3);
  await expect(rows(malika).last()).toContainText('third');
});

test('frames that overtake each other end in the order of the service', async ({ as, chat, service, faultProxy }) => {
  const malika = await as(MALIKA);
  const held: (string | Buffer)[] = [];
  let hold = false;
  let release: () => void = () => {};
  await malika.routeWebSocket(/\/ws\//, socket => {
    const server = socket.connectToServer();
    release = () => {
      hold = false;
      for (const message of held.splice(0).reverse()) socket.send(message);
    };
    server.onMessage(message => {
      if (hold) held.push(message);
      else socket.send(message);
    });
  });
  await malika.goto(`${faultProxy.url}c/${chat}`);
  await expect(field(malika)).toBeVisible();
  hold = true;
  for (const content of ['one', 'two', 'three']) await service.api(AZIZ, 'POST', 'messaging/messages/', { conversation: chat, content });
  await expect.poll(() => held.filter(message => String(message).includes('"type":"chat_message"')).length).toBe(3);
  release();
  await expect(rows(malika)).toHaveCount(3);
  for (const [index, text] of ['one', 'two', 'three'].entries()) await expect(rows(malika).nth(index)).toContainText(text);
});

test('a refused message steps aside, keeps its text and can go', async ({ as, chat, faultProxy }) => {
  const aziz = await as(AZIZ);
  // A frame that no field of the page would let through, put in on the way.
  await aziz.routeWebSocket(/\/ws\//, socket => {
    const server = socket.connectToServer();
    socket.onMessage(message => server.send(String(message).replace('"second"', '"second\\u0000"')));
  });
  await aziz.goto(`${faultProxy.url}c/${chat}`);
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await expect(field(aziz)).toBeVisible();
  await writeFast(aziz, ['first', 'second', 'third']);
  await expect(rows(malika)).toHaveCount(2);
  await expect(rows(malika).last()).toContainText('third');
  await expect(rows(aziz)).toHaveCount(3);
  const refused = rows(aziz).filter({ hasText: 'second' });
  await expect(refused).toHaveAccessibleName(/not sent$/);
  await expect(aziz.getByRole('alert')).toHaveText('Not sent. The message contains characters that cannot be sent.');
  await expect(aziz.getByRole('log').getByText('characters that cannot be sent')).toBeVisible();
  await aziz.getByRole('button', { name: 'Delete', exact: true }).click();
  await aziz.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expect(rows(aziz)).toHaveCount(2);
});

test('three written offline go out in order after a reload', async ({ as, chat, faultProxy, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeFocused();
  faultProxy.refuses = true;
  faultProxy.cut();
  for (const text of ['one', 'two', 'three']) await write(aziz, text);
  await expect(rows(aziz)).toHaveCount(3);
  await expect(rows(aziz).first()).toHaveAccessibleName(/sending$/);
  await expect(aziz.getByText(/Reconnecting in/)).toBeVisible();
  await aziz.reload();
  await expect(aziz.getByText('As it was at the last connection')).toBeVisible();
  faultProxy.refuses = false;
  const stored = async () => {
    const page = (await service.api(MALIKA, 'GET', `messaging/messages/?conversation=${chat}`)) as { results: { content: string }[] };
    return page.results.map(message => message.content);
  };
  await expect.poll(stored, { timeout: 60_000 }).toEqual(['one', 'two', 'three']);
});

test('a lost network is told at once, and what is written goes out when it is back', async ({ as, chat }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  const malika = await as(MALIKA, { path: `c/${chat}` });
  await write(aziz, 'before');
  await expect(rows(malika)).toHaveCount(1);
  await aziz.context().setOffline(true);
  await expect(aziz.getByText('You are offline.', { exact: false })).toBeVisible({ timeout: 2_000 });
  await expect(aziz.getByRole('main')).not.toContainText('online');
  await write(aziz, 'meanwhile');
  await expect(rows(aziz).last()).toHaveAccessibleName(/sending$/);
  await aziz.context().setOffline(false);
  await expect(rows(malika)).toHaveCount(2);
  await expect(aziz.getByText('Back online')).toBeVisible();
});

test('unfollowing closes the composer at once, the history stays, and following again opens it', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await write(aziz, 'before');
  await expect(rows(aziz).first()).toHaveAccessibleName(/sent|delivered/);
  await service.api(MALIKA, 'DELETE', `directory/subscriptions/${AZIZ}/1/`, undefined, 'directory');
  await expect(aziz.getByText('You no longer follow this community.', { exact: false }).first()).toBeVisible();
  await expect(field(aziz)).toHaveCount(0);
  await expect(rows(aziz).first()).toContainText('before');
  await service.api(MALIKA, 'PUT', `directory/subscriptions/${AZIZ}/1/`, undefined, 'directory');
  await expect(field(aziz)).toBeVisible();
});

test('a message written offline by someone who follows no longer is refused, and its text is kept', async ({
  as,
  chat,
  faultProxy,
  service,
}) => {
  const aziz = await as(AZIZ, { path: `c/${chat}` });
  await expect(field(aziz)).toBeFocused();
  faultProxy.refuses = true;
  faultProxy.cut();
  await write(aziz, 'after');
  await expect(rows(aziz).first()).toHaveAccessibleName(/sending$/);
  await service.api(MALIKA, 'DELETE', `directory/subscriptions/${AZIZ}/1/`, undefined, 'directory');
  faultProxy.refuses = false;
  await expect(rows(aziz).filter({ hasText: 'after' })).toHaveAccessibleName(/not sent$/);
  await expect(aziz.getByText('You no longer follow this community.', { exact: false }).first()).toBeVisible();
  await expect(field(aziz)).toHaveCount(0);
});

test('an expired session keeps the draft through the sign-in', async ({ as, chat, service, faultProxy }) => {
  const aziz = await as(AZIZ);
  const short = service.token(AZIZ, undefined, 4);
  await aziz.evaluate(token => sessionStorage.setItem('suhbat:token', token), short);
  await aziz.goto(`${faultProxy.url}c/${chat}`);
  await field(aziz).fill('half a thought');
  await expect(aziz.getByRole('heading', { level: 1 })).toContainText('Sign in on the platform');
  await aziz.evaluate(token => sessionStorage.setItem('suhbat:token', token), service.token(AZIZ));
  await aziz.reload();
  await expect(field(aziz)).toHaveValue('half a thought');
});

test('a stranger sees the page that says nothing', async ({ as, chat }) => {
  for (const who of [STRANGER, RUSTAM]) {
    const page = await as(who, { path: `c/${chat}` });
    await expect(page.getByRole('heading', { name: 'Nothing here' })).toBeVisible();
  }
});

test('too many tabs are told, and writing still works', async ({ as, chat, service }) => {
  const aziz = await as(AZIZ);
  await aziz.routeWebSocket(/\/ws\//, socket => socket.close({ code: 4429 }));
  await aziz.goto(`${aziz.url()}c/${chat}`);
  await expect(aziz.getByText('Suhbat is open in too many tabs', { exact: false })).toBeVisible();
  await write(aziz, 'over REST');
  await expect(rows(aziz).first()).toHaveAccessibleName(/sent$/);
  const page = (await service.api(MALIKA, 'GET', `messaging/messages/?conversation=${chat}`)) as { results: unknown[] };
  expect(page.results).toHaveLength(1);
});

test('a part of the page that cannot be loaded leaves the rest alone, and comes with another try', async ({ as, chat, faultProxy }) => {
  const aziz = await as(AZIZ);
  await aziz.route(/NewConversation-[\w-]+\.js/, route => route.abort());
  await aziz.goto(faultProxy.url);
  await aziz.getByRole('link', { name: 'New conversation' }).first().click();
  await expect(aziz.getByRole('heading', { name: 'This part of the page could not be loaded' })).toBeVisible();
  await expect(aziz.locator(`[data-row="${chat}"]`)).toBeVisible();
  await aziz.unroute(/NewConversation-[\w-]+\.js/);
  await aziz.getByRole('button', { name: 'Retry' }).click();
  await expect(aziz.getByRole('heading', { name: 'New conversation' })).toBeVisible();
  await expect(aziz.getByRole('main')).toBeFocused();
});
