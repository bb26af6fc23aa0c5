import { aziz, confessions, malika } from '@suhbat/client/testing/builders.ts';
import { act, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import Desk from './Desk.tsx';

it('the desk of an admin shows how many wait, and first who has waited longest', async () => {
  const stage = new Stage(malika);
  const bek = { ...aziz, id: 9, username: 'bek' };
  stage.server.room([malika, bek], confessions[0] ?? null);
  const hour = 3_600_000;
  const ago = (hours: number) => new Date(stage.clock.now() - hours * hour).toISOString();
  stage.server.say(1, aziz, 'a question', { created_at: ago(3) });
  stage.server.say(2, bek, 'another one', { created_at: ago(1) });
  await stage.begin();
  const { container } = await stage.show(<Desk />);
  await stage.pass(1_000);
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('2 conversations wait for an answer');
  expect(screen.getAllByRole('link').map(link => link.getAttribute('href'))).toEqual(['/c/1', '/c/2']);
  expect(screen.getAllByRole('link')[0]).toHaveTextContent(/Aziz Karimov.*a question.*3 h/);
  await expectAccessible(container);
  const noAnswer = { type: 'answered', answered: true } as const;
  await act(async () => {
    for (const id of [1, 2]) await stage.messenger.arrange(id, noAnswer);
  });
  await stage.pass(10);
  expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Nobody is waiting for an answer.');
});
