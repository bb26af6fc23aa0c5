import { aziz, malika } from '@suhbat/client/testing/builders.ts';
import { refuse } from '@suhbat/client/testing/fake-server.ts';
import { act, createEvent, fireEvent, renderHook, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';
import { item } from '../../testing/item.ts';
import { Stage } from '../../testing/stage.tsx';
import { BackLink } from '../BackLink.tsx';
import { useDropGuard } from '../status/useDropGuard.ts';
import { useArrivals, useFailures } from './announcements.ts';
import { DropZone } from './DropZone.tsx';
import { Edge } from './Edge.tsx';
import type { Item } from './items.ts';
import { useListDiff } from './useItems.ts';

const unsent = item(null, { key: 'failed', mine: true });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => item(from + i));

/** The difference between the last rows and the ones drawn before them. */
function drawn(...steps: [items: Item[], atEnd: boolean][]) {
  const [first = [[], true] as (typeof steps)[number], ...rest] = steps;
  const { result, rerender } = renderHook(([items, atEnd]: (typeof steps)[number]) => useListDiff(items, atEnd), { initialProps: first });
  for (const step of rest) {
    result.current.committed();
    rerender(step);
  }
  return result.current;
}

describe('rows drawn again', () => {
  it('tell what arrived below', () => {
    expect(drawn([range(1, 5), true], [range(1, 7), true]).arrived.map(one => one.id)).toEqual([6, 7]);
  });
  it('do not take a page of history for arrivals', () => {
    expect(drawn([range(1, 50), false], [range(1, 100), true])).toMatchObject({ arrived: [], wrote: false, isAnother: false });
    expect(drawn([range(51, 100), true], [range(1, 100), true])).toMatchObject({ arrived: [], shift: true });
  });
  it('tell arrivals also where an unsent one stays last', () => {
    const now = drawn([[...range(1, 5), unsent], true], [[...range(1, 6), unsent], true]);
    expect(now.arrived.map(one => one.id)).toEqual([6]);
    expect(now.wrote).toBe(false);
  });
  it('tell what I wrote', () => {
    expect(drawn([range(1, 5), true], [[...range(1, 5), unsent], true]).wrote).toBe(true);
    expect(drawn([[...range(1, 5), unsent, item(null, { key: 'b' })], true], [[...range(1, 5), unsent], true]).wrote).toBe(false);
  });
  it('tell another piece of the history', () => {
    expect(drawn([range(1, 50), false], [range(300, 350), true])).toMatchObject({ isAnother: true, arrived: [], epoch: 1 });
  });
});

describe('the edges of the history', () => {
  it('offer to try again where newer messages could not be loaded', async () => {
    const stage = new Stage();
    for (let i = 0; i < 200; i += 1) stage.server.say(1, aziz, `m${i}`);
    await stage.begin(1);
    await act(() => stage.messenger.history.reach(1, 20));
    stage.server.intercept = request => (request.path === 'messaging/messages/' ? refuse(500, 'internal_error') : null);
    await act(() => stage.messenger.history.loadNewer(1));
    await stage.inChat(<Edge id={1} way="newer" onRetry={() => stage.asked.push('retry')} />);
    expect(screen.getByText('Newer messages could not be loaded')).toBeVisible();
    stage.server.intercept = () => null;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    await stage.pass(10);
    expect(screen.queryByText('Newer messages could not be loaded')).toBeNull();
    expect(stage.messenger.store.getState().held[1]?.messages.has(60)).toBe(true);
    expect(stage.asked).toEqual(['retry']);
  });
});

describe('what could not be sent', () => {
  function Failures() {
    useFailures(1);
    return null;
  }
  it('is said once, when it happens', async () => {
    const stage = new Stage();
    stage.server.say(1, aziz, 'before');
    await stage.begin(1);
    await stage.inChat(<Failures />);
    expect(screen.getByRole('alert')).toBeEmptyDOMElement();
    await act(async () => {
      stage.messenger.setDraft(1, { text: 'REFUSE this' });
      stage.messenger.send(1);
    });
    await stage.pass(10);
    expect(screen.getByRole('alert')).toHaveTextContent('Not sent. The message contains characters that cannot be sent.');
  });
  it('is not said again on coming back', async () => {
    const stage = await new Stage().begin(1);
    await act(async () => {
      stage.messenger.setDraft(1, { text: 'REFUSE this' });
      stage.messenger.send(1);
    });
    await stage.pass(10);
    await stage.inChat(<Failures />);
    expect(screen.getByRole('alert')).toBeEmptyDOMElement();
  });
});

describe('what arrives', () => {
  function Arrivals() {
    useArrivals(1);
    return null;
  }
  it('is said once a second at most, and summed up', async () => {
    const stage = await new Stage().begin(1);
    const { container } = await stage.inChat(<Arrivals />);
    const said = () => container.querySelector('[aria-live="polite"]')?.textContent;
    const arrive = (...texts: string[]) => {
      act(() => {
        for (const text of texts) stage.server.say(1, malika, text);
      });
      return stage.pass(60);
    };
    await arrive('salom');
    expect(said()).toBe('Malika Yusupova: salom');
    await arrive('one', 'two', 'three', 'four');
    expect(said()).toBe('Malika Yusupova: salom');
    await stage.pass(1_000);
    expect(said()).toBe('4 new messages');
    await stage.pass(1_000);
    await arrive('');
    expect(said()).toBe('Malika Yusupova: Attachment');
  });
});

describe('a file that is dropped', () => {
  const file = new File(['x'], 'x.txt', { type: 'text/plain' });
  const transfer = () => ({
    types: ['Files'],
    dropEffect: 'copy',
    items: [{ kind: 'file', webkitGetAsEntry: () => null, getAsFile: () => file }],
  });
  function Page({ taken }: { taken: ((files: readonly File[]) => void) | null }) {
    useDropGuard();
    return (
      <>
        <p>beside</p>
        <DropZone onFiles={taken}>chat</DropZone>
      </>
    );
  }
  const drop = (target: Element) => {
    const event = createEvent.drop(target, { dataTransfer: transfer() });
    fireEvent(target, event);
    return event;
  };
  it('goes to the composer, and nowhere else', async () => {
    const taken: string[] = [];
    await new Stage().show(<Page taken={files => taken.push(...files.map(one => one.name))} />);
    expect(drop(screen.getByText('chat')).defaultPrevented).toBe(true);
    expect(taken).toEqual(['x.txt']);
    expect(drop(screen.getByText('beside')).defaultPrevented).toBe(true);
    expect(taken).toEqual(['x.txt']);
  });
  it('is refused where it is a folder, and what lies beside it is taken', async () => {
    const taken: string[] = [];
    await new Stage().show(<Page taken={files => taken.push(...files.map(one => one.name))} />);
    const folder = { kind: 'file', webkitGetAsEntry: () => ({ isDirectory: true }), getAsFile: () => new File([], 'folder') };
    const { items, ...rest } = transfer();
    fireEvent.drop(screen.getByText('chat'), { dataTransfer: { ...rest, items: [folder, ...items] } });
    expect(taken).toEqual(['x.txt']);
    expect(screen.getByText('Folders cannot be sent')).toBeVisible();
  });
  it('is refused where one cannot write', async () => {
    await new Stage().show(<Page taken={null} />);
    fireEvent.dragEnter(screen.getByText('chat'), { dataTransfer: transfer() });
    expect(screen.queryByText('Drop files here')).toBeNull();
    expect(drop(screen.getByText('chat')).defaultPrevented).toBe(true);
  });
});

it('the arrow to the list leaves no entry that leads back in', async () => {
  const stage = new Stage();
  stage.location.navigate('/c/1');
  await stage.show(<BackLink className={undefined} />);
  const before = stage.location.history.length;
  await userEvent.click(screen.getByRole('link', { name: 'Back' }));
  expect(stage.location.history.at(-1)).toBe('/');
  expect(stage.location.history).toHaveLength(before);
});
