// @vitest-environment jsdom

import { InMemoryStorage } from '@suhbat/client';
import { FakeLocks } from '@suhbat/client/testing/fake-locks.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserEnvironment, Notifier } from './browser.ts';
import { copy } from './seldom.ts';

describe('copying', () => {
  const clipboard = (writeText: () => Promise<void>) => vi.stubGlobal('navigator', { clipboard: { writeText } });

  beforeEach(() => {
    document.body.innerHTML = '<button>here</button>';
    document.querySelector('button')?.focus();
  });
  afterEach(() => vi.unstubAllGlobals());

  it('falls back where the clipboard is forbidden, and gives the focus back', async () => {
    clipboard(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
    const command = vi.fn(() => true);
    Object.assign(document, { execCommand: command });
    expect(await copy('salom')).toBe(true);
    expect(command).toHaveBeenCalledWith('copy');
    expect(document.activeElement).toBe(document.querySelector('button'));
    expect(document.querySelector('textarea')).toBeNull();
  });

  it('tells when nothing worked', async () => {
    clipboard(() => Promise.reject(new DOMException('no', 'NotAllowedError')));
    Object.assign(document, { execCommand: () => false });
    expect(await copy('salom')).toBe(false);
  });
});

describe('notifications', () => {
  const shown: { title: string; icon: string }[] = [];
  const tab = () => new Notifier(new InMemoryStorage(), 'http://fake/prefix/favicon.svg');
  const settle = () => new Promise(resolve => setTimeout(resolve));

  beforeEach(() => {
    shown.length = 0;
    vi.stubGlobal('navigator', { locks: new FakeLocks() });
    const Shown = class {
      static permission = 'granted';
      constructor(title: string, options: { icon: string }) {
        shown.push({ title, icon: options.icon });
      }
    };
    vi.stubGlobal('Notification', Shown);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('come from one of the tabs that could show them, whichever goes or changes its mind', async () => {
    const [silent, first, second] = [tab(), tab(), tab()];
    silent.stand(false);
    first.stand(true);
    second.stand(true);
    const all = async (title: string) => {
      await settle();
      for (const one of [silent, first, second]) one.show(title, '', 'suhbat-1', () => {});
    };
    await all('one');
    first.stand(false);
    await all('two');
    second.stand(false);
    await all('none');
    first.stand(true);
    first.stand(false);
    first.stand(true);
    await all('three');
    expect(shown.map(one => one.title)).toEqual(['one', 'two', 'three']);
    expect(shown[0]?.icon).toBe('http://fake/prefix/favicon.svg');
  });

  it('sound once, after a touch, in the one tab, and not while a tab shows the conversation', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const node = () => ({
      frequency: {},
      gain: { setValueAtTime: () => {}, exponentialRampToValueAtTime: () => {} },
      connect: (next: unknown) => next,
      start: () => {},
      stop: () => {},
    });
    const audio = { made: 0, open: 0 };
    vi.stubGlobal(
      'AudioContext',
      class {
        constructor() {
          audio.made += 1;
          audio.open += 1;
        }
        createOscillator = node;
        createGain = node;
        close() {
          audio.open -= 1;
        }
      },
    );
    const activation = { hasBeenActive: false };
    vi.stubGlobal('navigator', { locks: new FakeLocks(), userActivation: activation });
    const memory = new InMemoryStorage();
    const notifier = new Notifier(memory, 'icon');
    notifier.chime('suhbat-1');
    notifier.stand(true);
    notifier.chime('suhbat-1');
    expect(audio.made).toBe(0);
    activation.hasBeenActive = true;
    notifier.chime('suhbat-1');
    notifier.chime('suhbat-2');
    await vi.waitFor(() => expect(audio).toEqual({ made: 1, open: 1 }));
    vi.advanceTimersByTime(1_000);
    expect(audio.open).toBe(0);
    memory.set('suhbat:looking', `suhbat-1@${Date.now()}`);
    notifier.chime('suhbat-1');
    expect(audio.made).toBe(1);
    notifier.chime('suhbat-2');
    await vi.waitFor(() => expect(audio.made).toBe(2));
    vi.useRealTimers();
  });

  it.each(['default', 'granted'] as const)(
    'are told to be impossible before one relies on them, where %s is the permission',
    async permission => {
      const Android = class {
        static permission: NotificationPermission = permission;
        static requestPermission = () => {
          Android.permission = 'granted';
          return Promise.resolve(Android.permission);
        };
        constructor() {
          throw new TypeError('Illegal constructor');
        }
      };
      vi.stubGlobal('Notification', Android);
      const notifier = tab();
      if (permission === 'default') expect(notifier.isPossible()).toBe(false);
      expect(await notifier.ask()).toBe('denied');
      expect(notifier.isPossible()).toBe(false);
    },
  );

  it('are tried out without a trace where they are possible', async () => {
    const closed = vi.fn();
    const Desktop = class {
      static permission = 'granted';
      static requestPermission = () => Promise.resolve('granted');
      close = closed;
      constructor(title: string, options: { icon: string }) {
        shown.push({ title, icon: options.icon });
      }
    };
    vi.stubGlobal('Notification', Desktop);
    const notifier = tab();
    expect(notifier.isPossible()).toBe(true);
    expect(shown).toEqual([]);
    expect(await notifier.ask()).toBe('granted');
    expect(closed).toHaveBeenCalledTimes(shown.length);
  });

  it('are not shown, without an error, where the browser allows them to service workers only', () => {
    vi.stubGlobal(
      'Notification',
      class {
        static permission = 'granted';
        constructor() {
          throw new TypeError('Illegal constructor');
        }
      },
    );
    const notifier = tab();
    notifier.stand(true);
    expect(() => notifier.show('title', '', 'suhbat-1', () => {})).not.toThrow();
    expect(notifier.permission()).toBe('denied');
    expect(notifier.isPossible()).toBe(false);
  });
});

describe('attention', () => {
  it('is told when it comes and when it goes', () => {
    const environment = browserEnvironment('http://fake/', 'http://fake/assets/main.js', null, false);
    const heard = vi.fn();
    const stop = environment.onAttention(heard);
    for (const type of ['focus', 'blur', 'pagehide']) window.dispatchEvent(new Event(type));
    document.dispatchEvent(new Event('visibilitychange'));
    expect(heard).toHaveBeenCalledTimes(4);
    stop();
    window.dispatchEvent(new Event('blur'));
    expect(heard).toHaveBeenCalledTimes(4);
  });
});
