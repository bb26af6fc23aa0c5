import { aziz, malika } from '@suhbat/client/testing/builders.ts';
import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Stage } from '../../testing/stage.tsx';
import ChatPane from './ChatPane.tsx';

// jsdom lays nothing out and scrolls nothing.
beforeEach(() => {
  Object.assign(HTMLElement.prototype, { scrollTo: () => {}, scrollBy: () => {} });
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

it('edits my last message where it is drawn, also from an old piece of the history', async () => {
  const stage = new Stage();
  for (let i = 1; i <= 200; i += 1) stage.server.say(1, aziz, `m${i}`);
  // Nothing has a height here, so it would page on to either end.
  stage.server.intercept = ({ query }) => (query.has('before') || query.has('after') ? new Promise<never>(() => {}) : null);
  await stage.begin();
  await stage.show(<ChatPane id={1} jumpTo={null} />);
  await act(() => stage.messenger.history.reach(1, 20));
  expect(document.querySelector('[data-id="200"]')).toBeNull();
  await userEvent.type(screen.getByRole('textbox', { name: 'Message' }), '{ArrowUp}');
  expect(screen.getByLabelText('Edit message')).toHaveValue('m200');
});

it('says that the message one answers was deleted, and leaves what was written', async () => {
  const stage = new Stage();
  const { id, sender, content, attachments, created_at } = stage.server.say(1, malika, 'a question');
  await stage.begin();
  await stage.show(<ChatPane id={1} jumpTo={null} />);
  const replyTo = { id, sender, content, attachments, created_at, is_deleted: false };
  await act(async () => stage.messenger.setDraft(1, { text: 'an answer', replyTo }));
  await act(async () => stage.server.remove(id));
  await stage.pass(10);
  expect(screen.getByText('That message is no longer there')).toBeVisible();
  expect(screen.getByRole('textbox', { name: 'Message' })).toHaveValue('an answer');
});
