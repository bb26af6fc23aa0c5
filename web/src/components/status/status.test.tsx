import { malika } from '@suhbat/client/testing/builders.ts';
import { act, fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Stage } from '../../testing/stage.tsx';
import { useNotifications } from './useNotifications.ts';
import { useShortcuts } from './useShortcuts.ts';

describe('F6', () => {
  const { offsetParent } = Object.getOwnPropertyDescriptors(HTMLElement.prototype);
  // jsdom has no layout: elements that are not hidden count as shown.
  beforeEach(() => {
    Object.defineProperty(HTMLElement.prototype, 'offsetParent', {
      configurable: true,
      get(this: HTMLElement) {
        return this.closest('[hidden]') ? null : this.parentElement;
      },
    });
  });
  afterEach(() => {
    if (offsetParent) Object.defineProperty(HTMLElement.prototype, 'offsetParent', offsetParent);
  });
  function Page({ went = [] }: { went?: string[] }) {
    useShortcuts({
      current: 1,
      isSearch: false,
      navigate: path => went.push(path),
      onHelp: () => went.push('help'),
      onSearch: within => went.push(`search ${within}`),
    });
    return (
      <>
        <nav data-region="list">
          <button type="button">settings</button>
          <input id="search" hidden aria-label="search" />
          <a href="/c/1" data-row="1" tabIndex={0}>
            row
          </a>
        </nav>
        <header data-region="header" tabIndex={-1}>
          <a href="/" hidden>
            back
          </a>
        </header>
        <ul data-region="people" />
        <div data-region="history">
          <div role="log" tabIndex={0} />
        </div>
        <section aria-label="closed" data-region="composer" tabIndex={-1}>
          You can read, but not write.
        </section>
      </>
    );
  }
  it('is joined by Ctrl+K for the search and Ctrl+F for the search in a conversation, of which the second press is the browser’s', async () => {
    const went: string[] = [];
    const stage = await new Stage().begin();
    await stage.show(<Page went={went} />);
    fireEvent.keyDown(document.body, { key: 'k', ctrlKey: true });
    expect(fireEvent.keyDown(document.body, { key: 'f', ctrlKey: true })).toBe(false);
    expect(went).toEqual(['search null', 'search 1']);
    document.getElementById('search')?.removeAttribute('hidden');
    document.getElementById('search')?.focus();
    expect(fireEvent.keyDown(document.body, { key: 'f', ctrlKey: true })).toBe(true);
    expect(went).toHaveLength(2);
  });
  it('goes through the parts that are there, and stops at none', async () => {
    await new Stage().show(<Page />);
    const visited: (string | null)[] = [];
    for (let i = 0; i < 5; i += 1) {
      await userEvent.keyboard('{F6}');
      visited.push(document.activeElement?.closest('[data-region]')?.getAttribute('data-region') ?? null);
    }
    expect(visited).toEqual(['list', 'header', 'history', 'composer', 'list']);
    expect(screen.getByRole('link', { name: 'row' })).toHaveFocus();
  });
});

function Looking({ at }: { at: number | null }) {
  useNotifications(at, () => {});
  return null;
}

describe('the count', () => {
  it('stands in the title and on the icon, and goes with the page it counts for', async () => {
    const icon = document.head.appendChild(Object.assign(document.createElement('link'), { rel: 'icon' }));
    const stage = new Stage();
    stage.messenger.store.setState({ unread: 3 });
    const { unmount } = await stage.show(<Looking at={null} />);
    expect([document.title, icon.href]).toEqual(['(3) Suhbat', 'http://fake/favicon-dot.svg']);
    unmount();
    expect([document.title, icon.href]).toEqual(['Suhbat', 'http://fake/favicon.svg']);
    icon.remove();
  });
});

describe('who looks at a conversation', () => {
  it('is known to other tabs, as long as somebody does', async () => {
    const stage = new Stage();
    const listeners: (() => void)[] = [];
    let visible = true;
    stage.environment.isVisible = () => visible;
    stage.environment.onAttention = listener => {
      listeners.push(listener);
      return () => {};
    };
    const mark = () => stage.messenger.memory.get('suhbat:looking');
    const { unmount } = await stage.show(<Looking at={7} />);
    expect(mark()).toMatch(/^suhbat-7@/);
    visible = false;
    for (const listener of listeners) listener();
    expect(mark()).toBeNull();
    visible = true;
    for (const listener of listeners) listener();
    expect(mark()).toMatch(/^suhbat-7@/);
    unmount();
    expect(mark()).toBeNull();
  });
});

describe('a sound', () => {
  function Sounding() {
    useNotifications(null, () => {});
    return null;
  }
  it('is asked for by conversation, for those who want it', async () => {
    const chimed: string[] = [];
    const stage = new Stage();
    stage.environment.notifications = {
      isPossible: () => true,
      permission: () => 'default',
      ask: () => Promise.resolve('default'),
      show: () => {},
      chime: tag => chimed.push(tag),
    };
    await stage.begin();
    await stage.show(<Sounding />);
    const arrive = async (text: string) => {
      act(() => void stage.server.say(1, malika, text));
      await stage.pass(10);
    };
    await arrive('quiet');
    act(() => stage.preferences.setState({ sound: true }));
    await arrive('loud');
    expect(chimed).toEqual(['suhbat-1']);
  });
});
