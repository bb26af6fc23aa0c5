import { describe, expect, it } from 'vitest';
import { Api, refusal } from './api.ts';
import { PostMessageTokenSource } from './host-token.ts';
import { aziz, malika, tokenOf } from './testing/builders.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';
import { FakeServer, refuse } from './testing/fake-server.ts';

const STALE = `${tokenOf(aziz.id)}-stale`;

/** A service that refuses the stale token, and a platform that hands tokens over when it likes. */
function stage() {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  let hand = (_token: string) => {};
  const messenger = {
    listen: (hear: (origin: string, data: unknown) => void) => {
      hand = token => hear('https://platform.uz', { type: 'suhbat:token', token });
    },
    origin: () => null,
    ask: () => {},
  };
  const tokens = new PostMessageTokenSource(messenger, ['https://platform.uz'], clock);
  const used: (string | null)[] = [];
  const counted = { signedOut: 0 };
  const seen: (string | null)[] = [];
  const api = new Api({
    base: 'http://fake/',
    fetch: async (input, init) => {
      const token = new Headers(init?.headers).get('authorization')?.replace('Bearer ', '') ?? null;
      used.push(token);
      await settle();
      return token === STALE ? refuse(401, 'token_expired') : server.fetch(input, init);
    },
    clock,
    tokens,
    onSignedOut: () => {
      counted.signedOut += 1;
    },
    onMessages: messages => seen.push(...messages.map(message => message.content)),
    onConversations: () => {},
  });
  hand(STALE);
  return { clock, server, tokens, api, used, counted, seen, hand: (token: string) => hand(token) };
}

describe('calls', () => {
  it('refused side by side wait for one renewal, and so do those begun meanwhile', async () => {
    const { clock, api, used, counted, hand } = stage();
    const first = api.config();
    const second = api.conversation(1);
    await clock.pass(100);
    expect(used).toEqual([STALE, STALE]);
    const third = api.conversation(1);
    await clock.pass(100);
    hand(tokenOf(aziz.id));
    expect(await first).toHaveProperty('limits');
    expect(await second).toMatchObject({ id: 1 });
    expect(await third).toMatchObject({ id: 1 });
    expect(used).toHaveLength(5);
    expect(counted.signedOut).toBe(0);
  });

  it('sign the person out when nobody renews', async () => {
    const { clock, api, counted } = stage();
    const call = api.config().catch((error: unknown) => error);
    await clock.pass(100);
    await clock.pass(11_000);
    expect(await call).toMatchObject({ status: 401 });
    expect(counted.signedOut).toBe(1);
  });

  it.each([
    ['fails', () => Promise.reject(new TypeError('frame is gone'))],
    ['is silent', () => new Promise<never>(() => {})],
  ])('end like a network that is away when the source of tokens %s', async (_, renew) => {
    const { clock, tokens, api, counted, hand } = stage();
    tokens.renew = renew;
    const ends: unknown[] = [];
    api.config().catch((error: unknown) => ends.push(error));
    await clock.pass(100);
    await clock.pass(31_000);
    expect(ends).toMatchObject([{ status: 0, code: 'network' }]);
    expect(counted.signedOut).toBe(0);
    hand(tokenOf(aziz.id));
    expect(await api.config()).toHaveProperty('limits');
    expect(clock.pending).toBe(0);
  });

  it('of one person never go out again with the token of another', async () => {
    const { clock, tokens, api, used, hand } = stage();
    const call = api.config().catch((error: unknown) => error);
    await clock.pass(100);
    tokens.onToken = () => api.end();
    hand(tokenOf(malika.id));
    expect(await call).toMatchObject({ name: 'AbortError' });
    expect(used).toEqual([STALE]);
  });

  it('of one person tell nothing to whoever comes next, answered or not', async () => {
    const { clock, server, api, used, hand } = stage();
    hand(tokenOf(aziz.id));
    const hanging = api.messages({ conversation: 1 }).catch((error: unknown) => error);
    const answered = api.config().catch((error: unknown) => error);
    server.intercept = request => (request.path === 'messaging/messages/' ? new Promise<Response>(() => {}) : null);
    await Promise.resolve();
    api.end();
    await clock.pass(10);
    expect(await hanging).toMatchObject({ name: 'AbortError' });
    expect(await answered).toMatchObject({ name: 'AbortError' });
    await expect(api.config()).rejects.toMatchObject({ name: 'AbortError' });
    expect(used).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('that hang are given up', async () => {
    const { clock, server, api, hand } = stage();
    hand(tokenOf(aziz.id));
    server.intercept = () => new Promise<Response>(() => {});
    const ends: unknown[] = [];
    api.config().catch((error: unknown) => ends.push(error));
    await clock.pass(29_000);
    expect(ends).toEqual([]);
    await clock.pass(2_000);
    expect(ends).toMatchObject([{ status: 0, code: 'network' }]);
    expect(clock.pending).toBe(0);
  });

  it('can be given up by whoever made them', async () => {
    const { clock, server, api, hand } = stage();
    hand(tokenOf(aziz.id));
    server.intercept = () => new Promise<Response>(() => {});
    const abort = new AbortController();
    const call = api.messages({ conversation: 1 }, abort.signal).catch((error: unknown) => error);
    await clock.pass(10);
    abort.abort();
    expect(await call).toMatchObject({ name: 'AbortError' });
  });

  it('for history tell of the messages they bring', async () => {
    const { server, api, seen, hand } = stage();
    server.say(1, malika, 'salom');
    hand(tokenOf(aziz.id));
    await api.messages({ conversation: 1 });
    expect(seen).toEqual(['salom']);
  });
});

describe('a refusal that is not the service’s own', () => {
  it.each([
    [413, 'payload_too_large'],
    [429, 'rate_limited'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [408, 'request_timeout'],
    [418, 'unexpected'],
  ])('is told by its status %i as %s', (status, code) => {
    expect(refusal(status, '<html><title>Request Entity Too Large</title></html>', null)).toMatchObject({ status, code });
    expect(refusal(status, '{"code":"image_too_large"}', null).code).toBe('image_too_large');
  });
});
