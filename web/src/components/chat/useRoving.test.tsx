import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useEffect, useRef, useState } from 'react';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { item } from '../../testing/item.ts';
import { Stage } from '../../testing/stage.tsx';
import { useRoving } from './useRoving.ts';

function Rows({ ids }: { ids: readonly number[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const roving = useRoving(
    ids.map(id => item(id)),
    scroller,
    useRef(null),
  );
  return (
    <>
      <button type="button">before</button>
      <div ref={scroller} role="log" data-kept={roving.kept} {...roving.handlers}>
        {ids.map(id => (
          <article key={id} data-key={id} aria-label={`row ${id}`} tabIndex={roving.isInside && roving.stop === String(id) ? 0 : -1} />
        ))}
      </div>
      <button type="button">after</button>
    </>
  );
}

const row = (id: number) => screen.getByRole('article', { name: `row ${id}` });
const log = () => screen.getByRole('log');

describe('the focus among rows', () => {
  beforeEach(() => {
    // jsdom lays nothing out; here everything is in view.
    vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, 10, 10));
    // And it does not know that Tab shows the focus.
    const { matches } = Element.prototype;
    vi.spyOn(Element.prototype, 'matches').mockImplementation(function (this: Element, selector) {
      return selector === ':focus-visible' || matches.call(this, selector);
    });
    vi.spyOn(window, 'requestAnimationFrame').mockImplementation(action => {
      action(0);
      return 0;
    });
  });

  it('is one stop of Tab: in at the newest row, through by arrows, and out', async () => {
    await new Stage().inChat(<Rows ids={[1, 2, 3]} />);
    screen.getByRole('button', { name: 'before' }).focus();
    await userEvent.tab();
    expect(row(3)).toHaveFocus();
    await userEvent.keyboard('{ArrowUp}{ArrowUp}');
    expect(row(1)).toHaveFocus();
    await userEvent.keyboard('{End}{Home}{ArrowDown}');
    expect(row(2)).toHaveFocus();
    expect(log()).toHaveAttribute('data-kept', '2');
    await userEvent.tab();
    expect(screen.getByRole('button', { name: 'after' })).toHaveFocus();
    // Nothing is kept mounted for a focus that is elsewhere.
    expect(log()).not.toHaveAttribute('data-kept');
    await userEvent.tab({ shift: true });
    expect(row(2)).toHaveFocus();
    await userEvent.tab({ shift: true });
    expect(screen.getByRole('button', { name: 'before' })).toHaveFocus();
  });
  it('goes to the row that took the place of one that somebody deleted', async () => {
    function Deleting() {
      const [ids, setIds] = useState([1, 2, 3]);
      useEffect(() => {
        remove = id => setIds(old => old.filter(other => other !== id));
      }, []);
      return <Rows ids={ids} />;
    }
    let remove: (id: number) => void = () => {};
    await new Stage().inChat(<Deleting />);
    act(() => row(2).focus());
    act(() => remove(2));
    expect(row(3)).toHaveFocus();
    act(() => remove(3));
    expect(row(1)).toHaveFocus();
  });
});
