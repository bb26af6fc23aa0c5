import { describe, expect, it } from 'vitest';
import { Backoff } from './backoff.ts';
import { settle } from './testing/fake-clock.ts';
import { refuse } from './testing/fake-server.ts';
import { Harness } from './testing/harness.ts';

describe('the connection', () => {
  it('is live from ready, not from the open socket', async () => {
    const h = new Harness();
    h.server.passes = frame => frame['type'] !== 'ready';
    await h.live();
    expect(h.client.connection.state.kind).toBe('greeting');
    h.server.passes = () => true;
    await h.clock.pass(15_000);
    expect(h.client.connection.state.kind).toBe('live');
  });

  it('takes a fresh ticket for every attempt', async () => {
    const h = await new Harness().live();
    h.server.cut();
    await h.clock.pass(1_000);
    h.server.cut();
    await h.clock.pass(1_000);
    expect(h.client.connection.state.kind).toBe('live');
    expect(h.server.requests.filter(request => request.path === 'messaging/ws_ticket/')).toHaveLength(3);
  });

  it('keeps twenty refused attempts inside the bounds of the jitter and never stops', async () => {
    const h = new Harness();
    h.random = 0.999;
    h.server.refuseWith = 1006;
    await h.live();
    for (let n = 0; n < 20; n += 1) {
      const state = h.client.connection.state;
      if (state.kind !== 'waiting') throw new Error(`expected to wait, is ${state.kind}`);
      const delay = state.until - h.clock.now();
      expect(delay).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** n));
      expect(delay).toBeGreaterThan(Math.min(30_000, 500 * 2 ** n) * 0.99);
      await h.clock.pass(delay);
    }
    h.server.refuseWith = null;
    await h.clock.pass(30_000);
    expect(h.client.connection.state.kind).toBe('live');
  });

  it('spreads its attempts over the whole interval', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    const delays = Array.from({ length: 300 }, () => {
      const backoff = new Backoff(random);
      for (let i = 0; i < 8; i += 1) backoff.next();
      return backoff.next();
    });
    const thirds = [0, 0, 0];
    for (const delay of delays)
      thirds[Math.min(2, Math.floor(delay / 10_000))] = (thirds[Math.min(2, Math.floor(delay / 10_000))] ?? 0) + 1;
    for (const count of thirds) expect(count).toBeGreaterThan(60);
  });

  it('forgets its failures only after ten seconds of life', async () => {
    const h = new Harness();
    h.random = 0.9;
    await h.live();
    const lose = async () => {
      h.server.cut();
      await settle();
      const { state } = h.client.connection;
      return state.kind === 'waiting' ? state.until - h.clock.now() : null;
    };
    const first = await lose();
    for (let i = 0; i < 3; i += 1) {
      await h.clock.pass(9_000);
      await lose();
    }
    await h.clock.pass(9_000);
    expect(await lose()).toBeGreaterThan(first ?? Number.POSITIVE_INFINITY);
    await h.clock.pass(20_000);
    expect(await lose()).toBe(first);
  });

  it('notices a silent socket after two heartbeats, and compares clocks after a sleep', async () => {
    const h = await new Harness().live();
    h.server.passes = frame => frame['type'] !== 'pong';
    await h.clock.pass(51_000);
    expect(h.of('connection').some(event => event.state.kind === 'waiting')).toBe(true);
    h.server.passes = () => true;
    await h.clock.pass(1_000);
    expect(h.client.connection.isLive).toBe(true);
    h.clock.sleep(600_000);
    h.client.connection.wake();
    expect(h.client.connection.isLive).toBe(false);
  });

  it('pings with the conversation on screen', async () => {
    const h = await new Harness().live();
    h.client.watch(1);
    await h.clock.pass(25_000);
    expect(h.server.frames.at(-1)).toEqual({ type: 'ping', conversation: 1 });
  });

  it.each([
    [4429, 60_000, 70_000],
    [1012, 0, 5_000],
    [1013, 0, 0],
    [1008, 15_000, 30_000],
  ])('after %i waits between %i and %i ms', async (code, least, most) => {
    const h = await new Harness().live();
    h.server.cut(code);
    const state = h.client.connection.state;
    if (state.kind !== 'waiting') throw new Error(state.kind);
    expect(state.until - h.clock.now()).toBeGreaterThanOrEqual(least);
    expect(state.until - h.clock.now()).toBeLessThanOrEqual(most);
  });

  it('after 4401 asks for a new token once, then is signed out', async () => {
    const h = await new Harness().live();
    let asked = 0;
    h.tokens.renew = () => {
      asked += 1;
      return Promise.resolve(h.tokens.current());
    };
    h.server.refuseWith = 4401;
    h.server.cut(4401);
    await h.clock.pass(1_000);
    expect(asked).toBe(1);
    expect(h.client.connection.state).toEqual({ kind: 'stopped', reason: 'signed-out' });
  });

  it.each([
    ['fails', () => Promise.reject(new TypeError('frame is gone'))],
    ['stays silent', () => new Promise<never>(() => {})],
  ])('goes on trying when the source of tokens %s', async (_, renew) => {
    const h = await new Harness().live();
    h.tokens.renew = renew;
    h.server.cut(4401);
    await h.clock.pass(32_000);
    expect(h.client.connection.isLive).toBe(true);
  });

  it('gives each step its own time', async () => {
    const h = new Harness();
    h.server.passes = frame => frame['type'] !== 'ready';
    const slow = new Promise<never>(resolve => h.clock.after(8_000, () => resolve(null as never)));
    h.server.intercept = request => (request.path === 'messaging/ws_ticket/' ? slow : null);
    await h.live();
    await h.clock.pass(16_000);
    expect(h.client.connection.state.kind).toBe('greeting');
    await h.clock.pass(2_100);
    expect(h.client.connection.state.kind).toBe('waiting');
  });

  it('gives up the ticket it no longer waits for', async () => {
    const h = new Harness();
    h.random = 0.999;
    h.server.intercept = () => new Promise<never>(() => {});
    await h.live();
    await h.clock.pass(10_100);
    expect(h.client.connection.state.kind).toBe('waiting');
    expect(h.clock.pending).toBe(1);
  });

  it('tells that nobody types any more, also when it was the session that ended', async () => {
    const h = await new Harness().live();
    h.server.tell({ type: 'typing', conversation: 1, user_id: 2, username: 'm', is_typing: true });
    h.tokens.renew = () => Promise.resolve(h.tokens.current());
    h.server.cut(4401);
    expect(h.of('typists').at(-1)?.users).toEqual([]);
  });

  it('honours Retry-After of the ticket, and hurries when asked', async () => {
    const h = new Harness();
    h.server.intercept = request => (request.path === 'messaging/ws_ticket/' ? refuse(429, 'rate_limited', 20) : null);
    await h.live();
    const state = h.client.connection.state;
    expect(state.kind === 'waiting' && state.until - h.clock.now()).toBe(20_000);
    h.server.intercept = () => null;
    h.client.connection.hurry();
    await settle();
    expect(h.client.connection.isLive).toBe(true);
  });

  it.each(['live', 'waiting'])('waits as offline at once where the browser says so, from %s', async kind => {
    const h = await new Harness().live();
    if (kind === 'waiting') h.server.cut();
    h.online = false;
    h.client.connection.offline();
    expect(h.client.connection.state).toMatchObject({ kind: 'waiting', reason: 'offline' });
    expect(h.server.wires.size).toBe(0);
    await h.clock.pass(120_000);
    expect(h.client.connection.state).toMatchObject({ kind: 'waiting', reason: 'offline' });
    h.online = true;
    h.client.connection.hurry();
    await settle();
    expect(h.client.connection.isLive).toBe(true);
  });

  it('does not come to life by the loss of a network that it did not use', () => {
    const h = new Harness();
    h.client.connection.offline();
    expect(h.client.connection.state.kind).toBe('idle');
  });

  it('reports frames it does not know and goes on', async () => {
    const h = await new Harness().live();
    h.server.tell({ type: 'confetti' });
    for (const wire of h.server.wires) wire.onmessage?.({ data: '{"type":' });
    expect(h.reports).toEqual(['a frame of unknown type', 'a frame that is no JSON']);
    expect(h.client.connection.isLive).toBe(true);
  });

  it.each([1008, 1009])('reports %i, which is our own fault', async code => {
    const h = await new Harness().live();
    h.server.cut(code);
    expect(h.reports).toEqual([expect.stringContaining(String(code))]);
  });

  it('keeps a healthy socket although the timers of a hidden page run once a minute', async () => {
    const h = await new Harness().live();
    const { clock } = h;
    const { after } = clock;
    clock.after = (milliseconds, action) => after.call(clock, Math.max(milliseconds, 60_000), action);
    clock.sleep(60_000);
    await clock.pass(10 * 60_000 + 55_000);
    h.client.connection.wake();
    expect(h.of('connection').some(event => event.state.kind === 'waiting')).toBe(false);
    expect(h.server.frames.filter(frame => frame['type'] === 'ping').length).toBeGreaterThan(8);
    h.server.passes = () => false;
    await clock.pass(3 * 60_000);
    expect(h.client.connection.isLive).toBe(false);
  });

  it('finds a dead socket soon after the page is shown again', async () => {
    const h = await new Harness().live();
    h.server.passes = frame => frame['type'] !== 'pong';
    h.client.connection.wake();
    await h.clock.pass(4_000);
    h.client.connection.wake();
    await h.clock.pass(10_100);
    expect(h.of('connection').some(event => event.state.kind === 'waiting')).toBe(true);
  });
});
