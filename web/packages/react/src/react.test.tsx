import { createSuhbat, InMemoryStorage } from '@suhbat/client';
import { aziz, malika, olga, tokenOf } from '@suhbat/client/testing/builders.ts';
import { FakeClock } from '@suhbat/client/testing/fake-clock.ts';
import { FakeServer } from '@suhbat/client/testing/fake-server.ts';
import { act, render, screen } from '@testing-library/react';
import { StrictMode, useState } from 'react';
import { expect, it, vi } from 'vitest';
import { SuhbatProvider, useConversation, useConversations, useSuhbat } from './index.ts';

function stage() {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  server.room([aziz, olga]);
  server.say(1, malika, 'salom');
  server.say(2, olga, 'privet');
  const { fetch, openSocket } = server;
  const report = vi.fn();
  const ports = {
    ...{ fetch, openSocket, clock, report },
    memory: new InMemoryStorage(),
    session: new InMemoryStorage(),
    schedule: (flush: () => void) => flush(),
    watch: () => () => {},
  };
  const client = createSuhbat({ url: 'http://fake/', token: tokenOf(aziz.id), ports });
  return { clock, server, report, client, settle: () => act(() => clock.pass(1_000)) };
}

function Chat({ id }: { id: number }) {
  const { messages, send, typing, status } = useConversation(id);
  return (
    <section aria-label={`chat ${id}`}>
      <p>{status}</p>
      <ul>
        {messages.map(message => (
          <li key={message.key}>{`${message.isMine ? 'me' : message.sender?.first_name}: ${message.text} (${message.status})`}</li>
        ))}
      </ul>
      <p>{typing.map(user => `${user.first_name} is typing`).join()}</p>
      <button type="button" onClick={() => send(`from ${id}`)}>{`send ${id}`}</button>
    </section>
  );
}

function Inbox() {
  const { conversations, unread } = useConversations();
  const [isOpen, setOpen] = useState(true);
  return (
    <>
      <p>{`${conversations.length} conversations, ${unread} unread`}</p>
      <button type="button" onClick={() => setOpen(!isOpen)}>
        toggle
      </button>
      {isOpen && conversations.map(({ id }) => <Chat key={id} id={id} />)}
    </>
  );
}

const lines = (id: number) => [...screen.getByRole('region', { name: `chat ${id}` }).querySelectorAll('li')].map(line => line.textContent);

it('draws conversations and what happens in them, in the strict mode of React', async () => {
  const { client, server, settle, report } = stage();
  const { unmount } = render(
    <StrictMode>
      <SuhbatProvider client={client}>
        <Inbox />
      </SuhbatProvider>
    </StrictMode>,
  );
  await settle();
  await settle();
  expect(screen.getByText('2 conversations, 2 unread')).toBeInTheDocument();
  expect(lines(1)).toEqual(['Malika: salom (received)']);
  expect(server.wires).toHaveLength(1);
  await act(async () => screen.getByText('send 1').click());
  await settle();
  server.say(2, olga, 'kak dela?');
  server.tell({ type: 'typing', conversation: 2, user_id: olga.id, is_typing: true });
  await settle();
  expect(lines(1)).toEqual(['Malika: salom (received)', 'me: from 1 (sent)']);
  expect(lines(2)).toEqual(['Ольга: privet (received)', 'Ольга: kak dela? (received)']);
  expect(screen.getByText('Ольга is typing')).toBeInTheDocument();
  unmount();
  expect(server.wires).toHaveLength(0);
  expect(report).not.toHaveBeenCalled();
});

it('shows after a return what happened meanwhile', async () => {
  const { client, server, settle } = stage();
  render(
    <SuhbatProvider client={client}>
      <Inbox />
    </SuhbatProvider>,
  );
  await settle();
  await settle();
  await act(async () => screen.getByText('toggle').click());
  server.say(1, malika, 'qalaysiz?');
  await act(async () => screen.getByText('toggle').click());
  await settle();
  expect(lines(1)).toEqual(['Malika: salom (received)', 'Malika: qalaysiz? (received)']);
});

it('names what is missing around a hook', () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const Lonely = () => useSuhbat().store.getState().session;
  expect(() => render(<Lonely />)).toThrow('need a <SuhbatProvider>');
});
