import { aziz, confessions, malika, rustam } from '@suhbat/client/testing/builders.ts';
import { act, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import Desk from './Desk.tsx';

it('the desk of an admin shows how many wait, and first who has waited longest', async () => {
  const stage = new Stage(malika);
  stage.server.room([malika, rustam], confessions[0] ?? null);
  const hour = 3_600_000;
  const ago = (hours: number) => new Date(stage.clock.now() - hours * hour).toISOString();
  stage.server.say(1, aziz, 'a question', { created_at: ago(3) });
  stage.server.say(2, rustam, 'another one', { created_at: ago(1) });
  await stage.begin();
  const { container } = await stage.show(<Desk />);
  await stage.pass(1_000);
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('2 unread conversations');
  expect(screen.getAllByRole('link').map(link => link.getAttribute('href'))).toEqual(['/c/1', '/c/2']);
  expect(screen.getAllByRole('link')[0]).toHaveTextContent(/Aziz Karimov.*a question.*3 hours ago/);
  await expectAccessible(container);
  for (const room of stage.server.rooms.values()) room.read.set(malika.id, 99);
  await act(async () => stage.messenger.store.setState({ unread: 0 }));
  await stage.pass(10);
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Everything is read. Nobody is waiting.');
});
