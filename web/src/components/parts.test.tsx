import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../testing/stage.tsx';
import { lazyPart, warm } from './parts.tsx';
import { Boundary } from './status/Boundary.tsx';

/** A part whose file can be fetched only while `online`. */
function fetched() {
  const network = { online: false, asked: 0 };
  const Late = lazyPart<{ onClose?: () => void }>(() => {
    network.asked += 1;
    if (!network.online) return Promise.reject(new Error('no network'));
    return Promise.resolve({ default: () => <p>it is here</p> });
  });
  return { network, Late };
}

describe('a part that comes late', () => {
  it('says that it could not be loaded, leaves the rest alone, and tries again', async () => {
    const stage = new Stage();
    const { network, Late } = fetched();
    const { container } = await stage.show(
      <>
        <h1>the rest</h1>
        <Late />
      </>,
    );
    expect(screen.getByRole('heading', { name: 'This part of the page could not be loaded' })).toBeVisible();
    expect(screen.getByText('the rest')).toBeVisible();
    expect(screen.queryByRole('button', { name: 'Reload' })).toBeNull();
    await expectAccessible(container);
    network.online = true;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    await stage.pass(0);
    expect(screen.getByText('it is here')).toBeVisible();
    expect(network.asked).toBe(2);
  });
  it('offers to reload where the service has another version of the page', async () => {
    const stage = new Stage();
    stage.outdated = true;
    const { Late } = fetched();
    await stage.show(<Late />);
    await userEvent.click(screen.getByRole('button', { name: 'Reload' }));
    expect(stage.reloads).toBe(1);
  });
  it('says so in passing where it would have opened over the page', async () => {
    const stage = new Stage();
    const { Late } = fetched();
    let closed = false;
    await stage.show(
      <Late
        onClose={() => {
          closed = true;
        }}
      />,
    );
    expect(closed).toBe(true);
    expect(screen.getByText('This part of the page could not be loaded')).toBeVisible();
    expect(screen.queryByRole('button')).toBeNull();
  });
  it('is there at once when it was fetched ahead', async () => {
    const { network, Late } = fetched();
    network.online = true;
    await warm();
    network.online = false;
    await new Stage().show(<Late />);
    expect(screen.getByText('it is here')).toBeVisible();
    expect(network.asked).toBe(1);
  });
});

it('a part that throws while it is drawn leaves the rest of the page alone', async () => {
  let broken = true;
  vi.spyOn(console, 'error').mockImplementation(() => {});
  function Fragile() {
    if (broken) throw new Error('a fault of ours');
    return <p>drawn</p>;
  }
  await new Stage().show(
    <>
      <h1>the rest</h1>
      <Boundary>
        <Fragile />
      </Boundary>
    </>,
  );
  expect(screen.getByText('the rest')).toBeVisible();
  broken = false;
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
  expect(screen.getByText('drawn')).toBeVisible();
});
