// @vitest-environment jsdom

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserLocks, schedule } from './browser.ts';
import { FakeLocks } from './testing/fake-locks.ts';

describe('a batch', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'cancelAnimationFrame'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is applied once per frame', () => {
    const flush = vi.fn();
    schedule(flush);
    vi.advanceTimersByTime(20);
    expect(flush).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1_000);
    expect(flush).toHaveBeenCalledTimes(1);
  });

  it('is applied although the page is hidden before its frame comes', () => {
    vi.stubGlobal('requestAnimationFrame', () => 1);
    const flush = vi.fn();
    schedule(flush);
    vi.advanceTimersByTime(260);
    expect(flush).toHaveBeenCalledTimes(1);
    vi.unstubAllGlobals();
  });
});

describe('a held name', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is held until it is let go', async () => {
    vi.stubGlobal('navigator', { locks: new FakeLocks() });
    const release = await browserLocks.hold('tab');
    expect(await browserLocks.isHeld('tab')).toBe(true);
    release();
    await Promise.resolve();
    expect(await browserLocks.isHeld('tab')).toBe(false);
  });
});
