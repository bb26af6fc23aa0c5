import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { Banner } from './Banner.tsx';

it('keeps quiet about short trouble, tells longer trouble, and its end for a moment', async () => {
  const stage = await new Stage().begin();
  const { container } = await stage.show(<Banner />);
  stage.server.online = false;
  stage.server.cut();
  await stage.pass(1_900);
  expect(screen.queryByText(/Reconnecting|Connecting/)).toBeNull();
  await stage.pass(200);
  expect(screen.getByText(/Reconnecting|Connecting/)).toBeVisible();
  expect(screen.getByText(/^No connection to the service/)).toBeInTheDocument();
  expect(screen.queryByText(/^You are offline/)).toBeNull();
  await expectAccessible(container);
  stage.server.online = true;
  await stage.pass(30_000);
  expect(screen.queryByText(/Reconnecting|Connecting/)).toBeNull();
});

it('tells at once that one is offline', async () => {
  const stage = await new Stage().begin();
  await stage.show(<Banner />);
  await act(async () => stage.messenger.client.connection.offline());
  await stage.pass(10);
  expect(screen.getByText(/^You are offline/)).toBeVisible();
});

it('counts down to the next attempt, which one need not wait for', async () => {
  const stage = await new Stage().begin();
  await stage.show(<Banner />);
  stage.server.refuseWith = 4429;
  stage.server.cut(4429);
  await stage.pass(2_500);
  expect(screen.getByText(/open in too many tabs/)).toBeVisible();
  stage.server.refuseWith = null;
  await userEvent.click(screen.getByRole('button', { name: 'Try now' }));
  await stage.pass(100);
  expect(screen.getByText('Back online')).toBeVisible();
  await stage.pass(2_000);
  expect(screen.queryByText('Back online')).toBeNull();
});

it('offers a newer page when the service is back with one, and only then', async () => {
  const stage = await new Stage().begin();
  await stage.show(<Banner />);
  stage.server.cut();
  await stage.pass(2_000);
  expect(screen.queryByText(/new version/)).toBeNull();
  stage.outdated = true;
  stage.server.cut();
  await stage.pass(2_000);
  expect(screen.getByText(/new version/)).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Reload' }));
  expect(stage.reloads).toBe(1);
});

it('tells that the service was restored from a backup until that is read', async () => {
  const stage = await new Stage().begin();
  const { container } = await stage.show(<Banner />);
  stage.server.restore(stage.server.backup());
  await stage.pass(6_000);
  expect(screen.getByText(/^The service was restored from a backup/)).toBeVisible();
  await expectAccessible(container);
  await stage.pass(600_000);
  await userEvent.click(screen.getByRole('button', { name: 'Close' }));
  expect(screen.queryByText(/restored from a backup/)).toBeNull();
});
