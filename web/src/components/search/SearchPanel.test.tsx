import { aziz, confessions, malika, olga, rustam } from '@suhbat/client/testing/builders.ts';
import { refuse } from '@suhbat/client/testing/fake-server.ts';
import { act, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { found } from './found.ts';
import { SearchPanel } from './SearchPanel.tsx';

/** jsdom has no layout, and without one nothing is on screen. */
const offsetParent = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'offsetParent');
beforeEach(() => {
  Object.defineProperty(HTMLElement.prototype, 'offsetParent', { configurable: true, get: () => document.body });
});
afterEach(() => {
  if (offsetParent) Object.defineProperty(HTMLElement.prototype, 'offsetParent', offsetParent);
});

/** Three messages with `kitob`, two in the conversation with Malika. */
async function stage(path = '/search', id: number | null = null) {
  const made = new Stage();
  made.server.say(1, malika, 'kitob bir');
  made.server.say(1, aziz, 'kitob ikki');
  made.server.room([aziz, olga], confessions[1] ?? null);
  made.server.room([aziz, rustam], confessions[2] ?? null);
  made.server.say(2, olga, 'здравствуйте, китоб');
  await made.begin();
  made.location.navigate(path);
  const { container } = await made.show(<SearchPanel id={id} />);
  const field = screen.getByRole('textbox');
  const hits = () => [...container.querySelectorAll<HTMLElement>('[data-hit]')];
  const last = () => made.location.history.at(-1);
  const type = async (text: string) => {
    await userEvent.type(field, text);
    await made.pass(250);
  };
  const status = () => within(screen.getByRole('search')).getByRole('status').textContent;
  return { ...made, stage: made, container, field, hits, last, type, status };
}

describe('the search', () => {
  it('is a landmark with a heading, and begins in its field', async () => {
    const { field, container } = await stage();
    expect(screen.getByRole('search', { name: 'Search' })).toContainElement(field);
    expect(screen.getByRole('heading', { level: 2, name: 'Search' })).toBeInTheDocument();
    expect(field).toHaveFocus();
    await expectAccessible(container);
  });
  it('shows messages by conversation, with their matches marked, and says their number once', async () => {
    const { type, hits, status, container, last } = await stage();
    await type('kitob');
    expect(hits().map(hit => hit.querySelector('mark')?.textContent)).toEqual(['китоб', 'kitob', 'kitob']);
    expect(screen.getAllByRole('heading', { level: 4 }).map(one => one.textContent)).toEqual([
      expect.stringContaining('Ольга Соколова'),
      expect.stringContaining('Malika Yusupova'),
    ]);
    expect(status()).toBe('3 messages found');
    expect(last()).toBe('/search?q=kitob');
    await expectAccessible(container);
  });
  it('shows conversations of the name before messages, and opens the first of all with Enter', async () => {
    const { type, hits, field, stage: made, last } = await stage();
    made.server.say(1, malika, 'Rustam keldi');
    await type('rustam');
    expect(hits().map(hit => hit.dataset['hit'])).toEqual(['c3', 'm4']);
    await userEvent.type(field, '{Enter}');
    expect(last()).toBe('/c/3');
  });
  it('opens the first hit with Enter, also where it is not found yet', async () => {
    const { field, stage: made, last } = await stage();
    await userEvent.type(field, 'bir{Enter}');
    expect(last()).toBe('/search');
    await made.pass(250);
    expect(last()).toBe('/c/1?q=bir&m=1');
  });
  it('goes through hits by keys, and back into the field', async () => {
    const { type, hits, field, last } = await stage();
    await type('kitob');
    const focused = () => hits().indexOf(document.activeElement as HTMLElement);
    await userEvent.keyboard('{ArrowDown}');
    expect(focused()).toBe(0);
    await userEvent.keyboard('{End}');
    expect(focused()).toBe(2);
    await userEvent.keyboard('{ArrowUp}');
    expect(focused()).toBe(1);
    expect(hits().map(hit => hit.tabIndex)).toEqual([-1, 0, -1]);
    await userEvent.keyboard('{Home}{ArrowUp}');
    expect(field).toHaveFocus();
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(last()).toBe('/c/2?q=kitob&m=3');
  });
  it('asks for fewer letters where nothing is found', async () => {
    const { type, status, container } = await stage();
    await type('zzz');
    expect(status()).toBe('Nothing found: try fewer letters');
    await expectAccessible(container);
  });
  it('says why it did not work, and tries again with the focus in the field', async () => {
    const { type, status, stage: made, field } = await stage();
    made.server.intercept = ({ path }) => (path.endsWith('search/') ? refuse(500, 'internal_error') : null);
    await type('kitob');
    expect(status()).toBe('The search did not work. Please try again.');
    made.server.intercept = () => null;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    await made.pass(10);
    expect(field).toHaveFocus();
    expect(status()).toBe('3 messages found');
  });
  it.each([
    ['query_too_long', 400, 'The search is too long: at most 8 words and 200 characters.'],
    ['rate_limited', 429, 'Too many searches at once. It goes on by itself in a moment.'],
    ['invalid_request', 400, 'This cannot be searched for. Check the dates and the letters.'],
  ])('has a sentence for %s', async (code, status, sentence) => {
    const { type, status: said, stage: made } = await stage();
    made.server.intercept = ({ path }) => (path.endsWith('search/') ? refuse(status, code) : null);
    await type('kitob');
    expect(said()).toBe(sentence);
  });
  it('drops a hit whose message is deleted', async () => {
    const { type, hits, stage: made, status } = await stage();
    await type('kitob');
    act(() => made.server.remove(2));
    await made.pass(50);
    expect(hits().map(hit => hit.dataset['hit'])).toEqual(['m3', 'm1']);
    // That is no news of the search.
    expect(status()).toBe('3 messages found');
  });
  it('finds names only where the service searches no messages', async () => {
    const { type, stage: made, hits } = await stage();
    const config = made.messenger.store.getState().config;
    made.messenger.store.setState({ config: Object.assign({}, config, { features: { search: false } }) });
    await type('malika');
    expect(hits().map(hit => hit.dataset['hit'])).toEqual(['c1']);
    expect(made.server.requests.filter(({ path }) => path.endsWith('search/'))).toEqual([]);
  });
});

describe('the filters', () => {
  it('say what they are set to, and stand in the address', async () => {
    const { type, last, hits } = await stage();
    await type('kitob');
    await userEvent.click(screen.getByRole('button', { name: 'Sender' }));
    await userEvent.click(screen.getByRole('menuitemcheckbox', { name: 'Malika Yusupova', hidden: true }));
    expect(last()).toBe('/search?q=kitob&sender=2');
    const chip = await screen.findByRole('button', { name: 'Sender: Malika Yusupova' });
    await userEvent.click(chip);
    expect(screen.getByRole('menuitemcheckbox', { name: 'Malika Yusupova', hidden: true })).toBeChecked();
    await userEvent.keyboard('{Escape}');
    await userEvent.click(screen.getByRole('button', { name: 'With' }));
    await userEvent.click(screen.getByRole('menuitemcheckbox', { name: 'Photos', hidden: true }));
    expect(last()).toBe('/search?q=kitob&sender=2&has=image');
    await userEvent.click(screen.getByRole('button', { name: 'Conversation' }));
    await userEvent.click(screen.getByRole('menuitemcheckbox', { name: 'Malika Yusupova', hidden: true }));
    expect(last()).toBe('/c/1/search?q=kitob&sender=2&has=image');
    expect(hits).toBeDefined();
  });
  it('take dates from the fields of the platform', async () => {
    const { type, last, container } = await stage();
    await type('kitob');
    await userEvent.click(screen.getByRole('button', { name: 'Dates' }));
    await userEvent.type(screen.getByLabelText('From'), '2026-11-01');
    expect(last()).toBe('/search?q=kitob&from=2026-11-01');
    expect(screen.getByRole('button', { name: 'Dates: from 1 Nov' })).toHaveAttribute('aria-expanded', 'true');
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: 'Any date' }));
    expect(last()).toBe('/search?q=kitob');
  });
});

describe('the way through hits', () => {
  it('leads by F3 to the next, by Shift+F3 back, and by Esc to the list', async () => {
    const { stage: made, last, hits } = await stage('/c/1?q=kitob&m=2', 1);
    await made.pass(10);
    expect(hits()[1]).toHaveAttribute('aria-current', 'true');
    await userEvent.keyboard('{F3}');
    await made.pass(10);
    expect(last()).toBe('/c/1?q=kitob&m=1');
    await userEvent.keyboard('{F3}');
    await made.pass(10);
    expect(last()).toBe('/c/1?q=kitob&m=1');
    await userEvent.keyboard('{Shift>}{F3}{/Shift}{Shift>}{F3}{/Shift}');
    await made.pass(10);
    expect(last()).toBe('/c/2?q=kitob&m=3');
    await userEvent.keyboard('{Escape}');
    expect(hits()[0]).toHaveFocus();
  });
  it('searches one conversation where the address says so', async () => {
    const { stage: made, hits, container } = await stage('/c/1?q=kitob&m=2&in=1', 1);
    await made.pass(10);
    expect(hits().map(hit => hit.dataset['hit'])).toEqual(['m2', 'm1']);
    expect(screen.getByRole('heading', { level: 2, name: 'Search in the conversation with Malika Yusupova' })).toBeInTheDocument();
    await expectAccessible(container);
  });
  it('has words marked in the conversation while it is open', async () => {
    const { stage: made } = await stage('/c/1?q=kitob&m=2', 1);
    await made.pass(10);
    expect(found.getState().marker?.(99, 'yangi kitoblar')).toEqual([[6, 14]]);
  });
});
