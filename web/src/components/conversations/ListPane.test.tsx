import { aziz, confessions, malika } from '@suhbat/client/testing/builders.ts';
import { refuse } from '@suhbat/client/testing/fake-server.ts';
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { expectAccessible, Stage } from '../../testing/stage.tsx';
import { ListPane } from './ListPane.tsx';

describe('the list', () => {
  it('has the way to the search, which is a page of its own', async () => {
    const stage = await new Stage().begin();
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    await userEvent.click(screen.getByRole('link', { name: 'Search' }));
    expect(stage.location.history.at(-1)).toBe('/search');
  });
  it('says as a status that it could not be loaded, and keeps the focus when it is tried again', async () => {
    const stage = new Stage();
    stage.server.intercept = request => (request.path === 'messaging/conversations/' ? refuse(500, 'internal_error') : null);
    await stage.begin();
    const { container } = await stage.show(<ListPane current={null} onSettings={() => {}} />);
    expect(screen.getByRole('heading', { name: 'Conversations could not be loaded' }).closest('[role="status"]')).not.toBeNull();
    await expectAccessible(container);
    stage.server.intercept = () => null;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(screen.getByRole('link', { name: 'Search' })).toHaveFocus();
  });
  it('tells who follows nothing how to begin, and offers no empty page', async () => {
    const stage = new Stage();
    stage.server.rooms.clear();
    await stage.begin();
    await stage.pass(1_000);
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    expect(await screen.findByText(/^Follow a community on the platform\./)).toBeVisible();
    // The one in the header.
    expect(screen.getAllByRole('link', { name: 'New conversation' })).toHaveLength(1);
  });
  it('speaks to an admin of the followers', async () => {
    const stage = new Stage(malika);
    stage.server.rooms.clear();
    stage.server.me = { administers: confessions.slice(0, 1), follows: [] };
    await stage.begin();
    await stage.pass(1_000);
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    expect(await screen.findByText('Messages from the followers of your community will appear here.')).toBeVisible();
  });
  it('goes on loading as long as the view is not full', async () => {
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(5_000);
    vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockReturnValue(5_000);
    const stage = new Stage();
    for (let i = 0; i < 70; i += 1) stage.server.room([aziz, { ...malika, id: 100 + i }]);
    await stage.begin();
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    await stage.pass(10);
    expect(stage.messenger.store.getState().list.ids).toHaveLength(71);
    vi.restoreAllMocks();
  });
  it('filters by every community that one has to do with, also without a conversation about it', async () => {
    const stage = new Stage();
    stage.server.me = { administers: [], follows: confessions };
    await stage.begin();
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    await stage.pass(1_000);
    const filter = await screen.findByRole('combobox', { name: 'Community' });
    expect([...filter.querySelectorAll('option')].map(option => option.textContent)).toEqual([
      'All communities',
      'Chorsu jamoasi',
      'Nurli yoʻl',
      'Православная община',
    ]);
    await userEvent.selectOptions(filter, 'Nurli yoʻl');
    await stage.pass(1_000);
    expect(stage.messenger.store.getState().list.filter.confession).toBe(3);
  });
  it('leads on from a filter without result', async () => {
    const stage = await new Stage().begin();
    await stage.show(<ListPane current={null} onSettings={() => {}} />);
    act(() => stage.messenger.list.filter({ confession: 3 }));
    await stage.pass(300);
    await userEvent.click(await screen.findByRole('button', { name: 'Show all' }));
    expect(screen.getByRole('link', { name: 'Search' })).toHaveFocus();
    expect(stage.messenger.store.getState().list.filter.confession).toBeNull();
  });
});
