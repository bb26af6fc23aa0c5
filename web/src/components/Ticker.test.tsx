import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { Stage } from '../testing/stage.tsx';
import { useNow } from './app.tsx';

it('one timer serves all who look as often, and none runs where nobody looks', async () => {
  const stage = new Stage();
  const Watch = () => <time>{useNow(1_000) - stage.clock.now()}</time>;
  const before = stage.clock.pending;
  const { unmount } = await stage.show(
    <>
      <Watch />
      <Watch />
    </>,
  );
  expect(stage.clock.pending).toBe(before + 1);
  const shown = screen.getAllByRole('time').map(one => one.textContent);
  expect(shown).toEqual(['0', '0']);
  await stage.pass(1_000);
  expect(screen.getAllByRole('time').map(one => one.textContent)).toEqual(shown);
  unmount();
  expect(stage.clock.pending).toBe(before);
});
