import { malika } from '@suhbat/client/testing/builders.ts';
import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import DateDialog from './DateDialog.tsx';

it('a date leads to its first message, or stays asked for where the service does not answer', async () => {
  const stage = new Stage();
  for (const day of [1, 5, 9]) stage.server.say(1, malika, `${day}`, { created_at: new Date(2026, 9, day, 12).toISOString() });
  await stage.begin(1);
  const [jump, close] = [vi.fn(), vi.fn()];
  const from = new Date(2026, 9, 9).toISOString();
  const { container } = await stage.show(<DateDialog id={1} from={from} onJump={jump} onClose={close} />);
  const field = screen.getByLabelText('Date');
  expect(field).toHaveValue('2026-10-09');
  await expectAccessible(container);
  fireEvent.change(field, { target: { value: '2026-10-03' } });
  stage.server.online = false;
  await userEvent.click(screen.getByRole('button', { name: 'Go' }));
  await stage.pass(10);
  expect(screen.getByText('There is no connection.')).toBeVisible();
  expect(close).not.toHaveBeenCalled();
  stage.server.online = true;
  await userEvent.type(field, '{Enter}');
  await stage.pass(100);
  expect(jump).toHaveBeenCalledWith(2);
  expect(close).toHaveBeenCalledOnce();
});
