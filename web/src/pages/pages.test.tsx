import { aziz, confessions, malika, olga, people } from '@suhbat/client/testing/builders.ts';
import { json, refuse } from '@suhbat/client/testing/fake-server.ts';
import { cleanup, fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import ChatPane from '../components/chat/ChatPane.tsx';
import { expectAccessible, Stage } from '../testing/stage.tsx';
import NewConversation from './NewConversation.tsx';
import SignIn from './SignIn.tsx';

describe('the way in', () => {
  it('lets one choose whom to be, where the service offers that', async () => {
    const stage = new Stage();
    const { container } = await stage.show(<SignIn />);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Who would you like to be?');
    expect(screen.getAllByRole('listitem')).toHaveLength(people.length);
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: /Malika Yusupova/ }));
    await stage.pass(100);
    expect(stage.messenger.store.getState()).toMatchObject({ session: 'signed-in', userId: 2 });
  });
  it('keeps the focus where it failed, and hands it on where it led in', async () => {
    const stage = new Stage();
    stage.server.intercept = request => (request.path.includes('login') ? refuse(500, 'internal_error') : null);
    await stage.show(<SignIn />);
    const person = screen.getByRole('button', { name: /Malika Yusupova/ });
    await userEvent.click(person);
    await stage.pass(10);
    expect(screen.getByText('That did not work. Please try again.')).toBeVisible();
    expect(person).toHaveFocus();
    cleanup();
    document.body.innerHTML = '<main id="main" tabindex="-1"></main>';
    await new Stage().show(<SignIn />);
    await userEvent.click(screen.getByRole('button', { name: /Malika Yusupova/ }));
    cleanup();
    expect(document.getElementById('main')).toHaveFocus();
    document.body.innerHTML = '';
  });
  it('leads to the platform elsewhere', async () => {
    const stage = new Stage();
    stage.server.intercept = () => refuse(404, 'not_found');
    await stage.show(<SignIn />);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Sign in on the platform');
  });
  it('says when nobody answers, and tries again', async () => {
    const stage = new Stage();
    stage.server.online = false;
    const { container } = await stage.show(<SignIn />);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('The service does not answer');
    await expectAccessible(container);
    stage.server.online = true;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    await stage.pass(0);
    expect(screen.getAllByRole('listitem').length).toBeGreaterThan(0);
  });
  it('waits for the platform when it is a part of its page', async () => {
    const stage = new Stage();
    stage.environment.embedded = true;
    stage.messenger.ports.tokens.renew = () => new Promise(() => {});
    await stage.show(<SignIn />);
    expect(screen.getByText('Waiting for the platform to sign you in…')).toBeVisible();
    expect(stage.server.requests).toEqual([]);
  });
  it('shows the way in when the platform hands over no token, and asks again when it is told to', async () => {
    const stage = new Stage();
    stage.environment.embedded = true;
    const answers: ((token: string | null) => void)[] = [];
    stage.messenger.ports.tokens.renew = () => new Promise(resolve => answers.push(resolve));
    const { container } = await stage.show(<SignIn />);
    answers[0]?.(null);
    await stage.pass(0);
    expect(screen.getByRole('heading', { level: 1 })).toHaveTextContent('Sign in on the platform');
    expect(screen.queryByText(/^Waiting for the platform/)).toBeNull();
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(screen.getByText(/^Waiting for the platform/)).toBeVisible();
    expect(answers).toHaveLength(2);
    expect(stage.server.requests).toEqual([]);
  });
});

describe('starting a conversation', () => {
  it('leads from a person into the conversation that there is', async () => {
    const stage = await new Stage().begin();
    const { container } = await stage.show(<NewConversation />);
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('button', { name: /Malika Yusupova/ }));
    await stage.pass(10);
    expect(stage.location.history.at(-1)).toBe('/c/1');
  });
  it('opens a conversation with the first message, not with a look', async () => {
    const stage = await new Stage().begin();
    await stage.show(<NewConversation />);
    await userEvent.click(screen.getByRole('button', { name: /Ольга Соколова/ }));
    await stage.pass(10);
    expect(stage.location.history.at(-1)).toBe('/new?to=3');
    expect(stage.server.rooms.size).toBe(1);
    cleanup();
    const to = stage.messenger.store.getState().beginning;
    if (!to) throw new Error('nobody to write to');
    const { container } = await stage.show(<ChatPane to={to} />);
    await expectAccessible(container);
    const field = screen.getByRole('textbox', { name: 'Message' });
    expect(field).toHaveFocus();
    await userEvent.type(field, 'Здравствуйте');
    expect(stage.server.rooms.size).toBe(1);
    expect(stage.server.frames.filter(frame => frame['type'] === 'typing')).toEqual([]);
    stage.server.intercept = request => (request.path.endsWith('get_or_create/') ? refuse(403, 'not_subscribed') : null);
    await userEvent.type(field, '{Enter}');
    await stage.pass(10);
    expect(screen.getByText(/^You no longer follow this community/)).toBeVisible();
    expect(field).toHaveValue('Здравствуйте');
    stage.server.intercept = () => null;
    await userEvent.type(field, '{Enter}');
    await stage.pass(10);
    expect(stage.location.history.at(-1)).toBe('/c/2');
    expect(stage.server.rooms.get(2)?.messages.map(message => message.content)).toEqual(['Здравствуйте']);
    expect(Object.keys(stage.messenger.store.getState().drafts)).toContain('-3');
    expect(stage.messenger.store.getState().drafts[-3]?.text).toBe('');
  });
  it('finds the conversation that there is beyond what was loaded', async () => {
    const stage = await new Stage().begin();
    stage.server.room([aziz, olga], confessions[1] ?? null);
    await stage.show(<NewConversation />);
    await userEvent.click(screen.getByRole('button', { name: /Ольга Соколова/ }));
    await stage.pass(10);
    expect(stage.location.history.at(-1)).toBe('/c/2');
  });
  it('asks which community it is about, where the service wants to know', async () => {
    const stage = await new Stage().begin();
    let asked = 0;
    stage.server.intercept = request => {
      if (!request.path.endsWith('get_or_create/') || asked++ > 0) return null;
      return json({ error: 'x', code: 'confession_required', details: { candidates: confessions } }, 400);
    };
    await stage.show(<ChatPane to={{ user: malika, confession: null }} />);
    await userEvent.type(screen.getByRole('textbox', { name: 'Message' }), 'salom{Enter}');
    await stage.pass(10);
    const dialog = screen.getByRole('dialog', { name: 'Which community is it about?' });
    await expectAccessible(dialog);
    await userEvent.click(screen.getByRole('button', { name: 'Chorsu jamoasi' }));
    await stage.pass(10);
    expect(stage.location.history.at(-1)).toBe('/c/1');
    expect(stage.server.rooms.get(1)?.messages.map(message => message.content)).toEqual(['salom']);
  });
  it('shows an admin the followers of the own communities, and all others once they are wanted', async () => {
    const stage = new Stage(malika);
    stage.server.own.add(olga.id);
    stage.server.me = { administers: confessions.slice(0, 1), follows: [] };
    await stage.begin();
    await stage.pass(400);
    const { container } = await stage.show(<NewConversation />);
    const listed = () => screen.getAllByRole('listitem').map(one => one.textContent);
    expect(listed()).toEqual([expect.stringContaining('Ольга Соколова')]);
    expect(screen.getByRole('heading', { level: 2 })).toHaveTextContent('Followers of your communities');
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('switch', { name: /Also show admins and members/ }));
    await stage.pass(10);
    expect(listed()).toEqual([expect.stringContaining('Ольга Соколова'), expect.stringContaining('Rustam Tosh')]);
    await expectAccessible(container);
    await userEvent.click(screen.getByRole('switch'));
    expect(listed()).toHaveLength(1);
  });
  it('shows everybody at once to an admin whom nobody follows', async () => {
    const stage = new Stage(malika);
    stage.server.me = { administers: confessions.slice(0, 1), follows: [] };
    await stage.begin();
    await stage.pass(400);
    await stage.show(<NewConversation />);
    await stage.pass(10);
    expect(screen.queryByRole('switch')).toBeNull();
    expect(screen.getAllByRole('listitem')).toHaveLength(2);
  });
  it('offers to try again when people cannot be loaded', async () => {
    const stage = await new Stage().begin();
    stage.server.intercept = request => (request.path === 'messaging/contacts/' ? refuse(500, 'internal_error') : null);
    await stage.show(<NewConversation />);
    expect(screen.getByRole('heading', { level: 2 })).toHaveTextContent('People could not be loaded');
    stage.server.intercept = () => null;
    await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
    expect(screen.getByRole('textbox')).toHaveFocus();
    await stage.pass(10);
    expect(screen.getByRole('button', { name: /Malika Yusupova/ })).toBeVisible();
  });
  it('keeps what comes late for one search out of the next', async () => {
    const stage = await new Stage().begin();
    const answers: ((response: Response) => void)[] = [];
    const found = (first_name: string, next: string | null) => {
      const user = { ...malika, id: answers.length + 50, first_name };
      return json({ count: 1, next, previous: null, results: [{ user, confession: null }] });
    };
    stage.server.intercept = request => {
      if (request.path !== 'messaging/contacts/') return null;
      return new Promise(resolve => answers.push(resolve));
    };
    await stage.show(<NewConversation />);
    answers[0]?.(found('First', 'more'));
    await stage.pass(0);
    fireEvent.scroll(screen.getByRole('main'));
    await userEvent.type(screen.getByRole('textbox'), 'x');
    await stage.pass(250);
    answers[2]?.(found('Second', null));
    await stage.pass(0);
    answers[1]?.(found('Late', null));
    await stage.pass(0);
    expect(screen.getAllByRole('listitem').map(one => one.textContent)).toEqual([expect.stringContaining('Second')]);
  });
  it('says how many people were found, once, and that there are more', async () => {
    const stage = await new Stage().begin();
    let page = 0;
    stage.server.intercept = request => {
      if (request.path !== 'messaging/contacts/') return null;
      page += 1;
      const results = confessions.map(confession => ({ user: { ...malika, id: page }, confession }));
      return json({ count: 9, next: 'more', previous: null, results });
    };
    const { container } = await stage.show(<NewConversation />);
    const said = () => container.querySelector('[aria-live="polite"]')?.textContent;
    await userEvent.type(screen.getByRole('textbox'), 'mal');
    await stage.pass(250);
    expect(said()).toBe('More than 1 person found');
    fireEvent.scroll(screen.getByRole('main'));
    await stage.pass(10);
    expect(screen.getAllByRole('listitem')).toHaveLength(2);
    expect(said()).toBe('More than 1 person found');
  });
  it('goes on loading as long as the page is not full', async () => {
    vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(2_000);
    const scrollHeight = vi.spyOn(HTMLElement.prototype, 'scrollHeight', 'get').mockReturnValue(2_000);
    const stage = await new Stage().begin();
    const asked: (string | null)[] = [];
    stage.server.intercept = request => {
      if (request.path !== 'messaging/contacts/') return null;
      const page = asked.push(request.query.get('page'));
      if (page === 3) scrollHeight.mockReturnValue(3_000);
      return json({ count: 9, next: 'more', previous: null, results: [{ user: { ...malika, id: page }, confession: null }] });
    };
    await stage.show(<NewConversation />);
    await stage.pass(10);
    expect(asked).toEqual([null, '2', '3']);
    vi.restoreAllMocks();
  });
  it('asks with Enter for the community of an admin of several', async () => {
    const stage = await new Stage().begin();
    const results = confessions.slice(0, 2).map(confession => ({ user: malika, confession }));
    stage.server.intercept = request =>
      request.path === 'messaging/contacts/' ? json({ count: 2, next: null, previous: null, results }) : null;
    await stage.show(<NewConversation />);
    expect(screen.getByRole('button', { name: 'Malika Yusupova: Chorsu jamoasi' })).toBeVisible();
    await userEvent.type(screen.getByRole('textbox'), '{Enter}');
    const dialog = screen.getByRole('dialog', { name: 'Which community is it about?' });
    expect(within(dialog).getAllByRole('button')).toHaveLength(3);
    expect(stage.location.history.at(-1)).toBe('/');
  });
});
