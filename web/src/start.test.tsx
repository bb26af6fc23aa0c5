import { aziz, malika, tokenOf } from '@suhbat/client/testing/builders.ts';
import { FakeClock } from '@suhbat/client/testing/fake-clock.ts';
import { FakeServer } from '@suhbat/client/testing/fake-server.ts';
import { act, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SETTINGS } from './settings.ts';
import { start } from './start.tsx';

const PLATFORM = 'https://platform.uz';

function begin() {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  const { fetch, openSocket } = server;
  return start('http://fake/', 'http://fake/assets/main.js', { fetch, openSocket, clock });
}

beforeEach(() => {
  document.body.innerHTML = '<div id="root"></div>';
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {}, removeEventListener: () => {} }));
});
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  document.head.innerHTML = '';
});

it('takes over settings that another tab changed', async () => {
  await act(async () => begin());
  localStorage.setItem(SETTINGS, JSON.stringify({ theme: 'dark' }));
  await act(async () => {
    window.dispatchEvent(new StorageEvent('storage', { key: SETTINGS }));
  });
  expect(document.documentElement.dataset['theme']).toBe('dark');
});

it('gives the bar of the browser the colour of the theme that was chosen', async () => {
  document.head.innerHTML = ['light', 'dark'].map(scheme => `<meta name="theme-color" data-scheme="${scheme}">`).join('');
  const media = () => [...document.querySelectorAll('meta')].map(meta => meta.media);
  await act(async () => begin());
  expect(media()).toEqual(['(prefers-color-scheme: light)', '(prefers-color-scheme: dark)']);
  localStorage.setItem(SETTINGS, JSON.stringify({ theme: 'dark' }));
  await act(async () => {
    window.dispatchEvent(new StorageEvent('storage', { key: SETTINGS }));
  });
  expect(media()).toEqual(['not all', 'all']);
});

it('lifts the composer over a keyboard that covers the page, and not for a pinch', async () => {
  const seen = Object.assign(new EventTarget(), { height: window.innerHeight, scale: 1 });
  vi.stubGlobal('visualViewport', seen);
  await act(async () => begin());
  const inset = (height: number, scale: number) => {
    Object.assign(seen, { height, scale }).dispatchEvent(new Event('resize'));
    return document.documentElement.style.getPropertyValue('--keyboard-inset');
  };
  expect(inset(window.innerHeight - 300, 1)).toBe('300px');
  expect(inset(window.innerHeight / 2, 2)).toBe('0px');
});

it.each(['pagehide', 'visibilitychange'])('keeps what was typed a moment ago at %s', async event => {
  const messenger = await act(async () => begin());
  await act(async () => messenger.signIn(tokenOf(aziz.id)));
  messenger.setDraft(1, { text: 'half a thought' });
  const key = `suhbat:draft:${aziz.id}:1`;
  expect(localStorage.getItem(key)).toBeNull();
  if (event === 'pagehide') window.dispatchEvent(new Event(event));
  else {
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    document.dispatchEvent(new Event(event));
  }
  expect(localStorage.getItem(key)).toContain('half a thought');
});

/** Begins inside the platform's page, which hands over tokens. */
async function embedded() {
  const parent = { postMessage: vi.fn() };
  vi.spyOn(window, 'parent', 'get').mockReturnValue(parent as unknown as Window);
  document.head.innerHTML = `<meta name="suhbat:origins" content="${PLATFORM}">`;
  const hand = (token: string) =>
    act(async () => {
      const event = new MessageEvent('message', { origin: PLATFORM, data: { type: 'suhbat:token', token } });
      Object.defineProperty(event, 'source', { value: parent });
      window.dispatchEvent(event);
    });
  return { messenger: await act(async () => begin()), hand };
}

it("starts anew when the platform's page hands over the token of another person", async () => {
  const { messenger, hand } = await embedded();
  await hand(tokenOf(aziz.id));
  const before = messenger.client;
  expect(messenger.store.getState().userId).toBe(aziz.id);
  await hand(`${tokenOf(aziz.id)}-newer`);
  expect(messenger.client).toBe(before);
  await hand(tokenOf(malika.id));
  expect(messenger.client).not.toBe(before);
  expect(messenger.store.getState()).toMatchObject({ userId: malika.id, session: 'signed-in' });
  expect(before?.connection.state.kind).toBe('stopped');
});

it('opens the conversation on screen anew for another person', async () => {
  history.replaceState(null, '', '/c/1');
  const { messenger, hand } = await embedded();
  const isOpen = () => waitFor(() => expect(messenger.store.getState().held[1]?.status).toBe('ready'), { timeout: 50_000 });
  await hand(tokenOf(aziz.id));
  await isOpen();
  await hand(tokenOf(malika.id));
  await isOpen();
  expect(messenger.store.getState().current).toBe(1);
  history.replaceState(null, '', '/');
});
