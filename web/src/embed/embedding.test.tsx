import { createStore } from '@suhbat/client';
import { aziz, malika, tokenOf } from '@suhbat/client/testing/builders.ts';
import { act } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keptSettings } from '../settings.ts';
import { Stage } from '../testing/stage.tsx';
import { Embedding } from './embedding.ts';
import { pathOf } from './messages.ts';

const PLATFORM = 'https://platform.uz';
const parent = { postMessage: vi.fn() };

beforeEach(() => {
  parent.postMessage.mockClear();
  vi.spyOn(window, 'parent', 'get').mockReturnValue(parent as unknown as Window);
});
afterEach(() => history.replaceState(null, '', '/'));

function hear(data: unknown, origin = PLATFORM, source: unknown = parent): void {
  const event = new MessageEvent('message', { origin, data });
  Object.defineProperty(event, 'source', { value: source });
  window.dispatchEvent(event);
}

const told = () => parent.postMessage.mock.calls.map(([message, origin]) => [message.type, origin]);

async function connected() {
  const stage = new Stage();
  const preferences = createStore(() => keptSettings(stage.messenger.memory));
  const embedding = new Embedding([PLATFORM]);
  embedding.connect(stage.messenger, preferences, `${location.origin}/`);
  return { stage, preferences, embedding };
}

it('does what the platform asks for, and nothing that others ask for', async () => {
  const { preferences } = await connected();
  hear({ type: 'suhbat:theme', theme: 'dark' }, 'https://elsewhere.uz');
  hear({ type: 'suhbat:theme', theme: 'dark' }, PLATFORM, window);
  hear({ type: 'suhbat:theme', theme: 'pink' });
  hear('suhbat:theme');
  expect(preferences.getState().theme).toBe('system');
  hear({ type: 'suhbat:theme', theme: 'dark' });
  hear({ type: 'suhbat:language', language: 'uz' });
  expect(preferences.getState()).toMatchObject({ theme: 'dark', locale: 'uz' });
  hear({ type: 'suhbat:open', conversation: 7 });
  expect(location.pathname).toBe('/c/7');
  hear({ type: 'suhbat:open', person: 2, community: 1 });
  expect(location.pathname + location.search).toBe('/to/2?community=1');
  hear({ type: 'suhbat:hide', header: true, list: true });
  expect(document.documentElement.dataset['hide']).toBe('header list');
  hear({ type: 'suhbat:hide', header: false, list: false });
  expect(document.documentElement.dataset['hide']).toBe('');
});

it('tells the platform what happens, and only the platform', async () => {
  const { stage } = await connected();
  expect(told()).toEqual([['suhbat:ready', PLATFORM]]);
  hear({ type: 'suhbat:token', token: tokenOf(aziz.id) });
  await act(() => stage.clock.pass(1_000));
  expect(stage.messenger.store.getState().session).toBe('signed-in');
  stage.server.say(1, malika, 'salom');
  await act(() => stage.clock.pass(1_000));
  stage.messenger.history.enter(1);
  const messages = parent.postMessage.mock.calls.map(([message]) => message);
  expect(messages).toContainEqual({ type: 'suhbat:unread', count: 1 });
  expect(messages).toContainEqual({ type: 'suhbat:opened', conversation: 1 });
  expect(messages).toContainEqual(expect.objectContaining({ type: 'suhbat:notification', conversation: 1, text: 'salom' }));
  expect(new Set(told().map(([, origin]) => origin))).toEqual(new Set([PLATFORM]));
});

it('says that somebody has to sign in when no token comes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { embedding } = await connected();
  const token = embedding.tokens.renew();
  vi.advanceTimersByTime(10_000);
  expect(await token).toBeNull();
  expect(told().map(([type]) => type)).toEqual(['suhbat:ready', 'suhbat:token-please', 'suhbat:sign-in-needed']);
  vi.useRealTimers();
});

it.each([
  [{ conversation: '7' }, 'c/7'],
  [{ conversation: 0, person: 2, community: 0 }, 'to/2'],
  [{ person: '2', community: '1' }, 'to/2?community=1'],
  [{ conversation: '../new' }, ''],
  [{}, ''],
])('leads from %o to %s', (place, path) => {
  expect(pathOf(place)).toBe(path);
});
