import { describe, expect, it } from 'vitest';
import { NO_QUERY } from '../search.ts';
import { aziz, malika, olga } from '../testing/builders.ts';
import { settle } from '../testing/fake-clock.ts';
import { json, refuse } from '../testing/fake-server.ts';
import { Harness } from '../testing/harness.ts';
import { MessageSearch } from './message-search.ts';

const SEARCH = /^messaging\/(conversations\/\d+\/)?search\/$/;

/** Two conversations: so many messages with `kitob` in the first, and one in the second. */
async function stage(count = 3) {
  const harness = new Harness();
  const { server, clock, client } = harness;
  for (let i = 1; i <= count; i += 1) server.say(1, i % 2 ? malika : aziz, `${i} kitob`);
  server.room([aziz, olga]);
  server.say(2, olga, 'bu kitobim');
  await harness.live();
  const search = new MessageSearch(client, clock, 'Asia/Tashkent');
  const asked = () => server.requests.filter(({ path }) => SEARCH.test(path));
  const state = () => search.store.getState();
  const texts = () => state().hits.map(hit => hit.message.content);
  const ask = async (q: string, more = {}) => {
    search.ask({ ...NO_QUERY, q, ...more });
    await clock.pass(0);
  };
  return { server, clock, client, search, asked, state, texts, ask };
}

describe('a search along with what is typed', () => {
  it('asks 200 ms after the last key, from two letters on', async () => {
    const { search, clock, asked, state, texts } = await stage();
    search.ask({ ...NO_QUERY, q: 'k' }, true);
    await clock.pass(1_000);
    expect([state().status, asked().length]).toEqual(['idle', 0]);
    search.ask({ ...NO_QUERY, q: 'ki' }, true);
    await clock.pass(150);
    search.ask({ ...NO_QUERY, q: 'kit' }, true);
    await clock.pass(199);
    expect(asked()).toHaveLength(0);
    await clock.pass(1);
    expect(asked().map(({ query }) => query.get('q'))).toEqual(['kit']);
    expect(texts()).toEqual(['bu kitobim', '3 kitob', '2 kitob', '1 kitob']);
    expect(state()).toMatchObject({ status: 'ready', settled: 1, total: null });
  });
  it('aborts an older request, whose late answer changes nothing', async () => {
    const { server, search, clock, asked, texts, ask } = await stage();
    const answers: (() => void)[] = [];
    server.intercept = ({ path, query }) =>
      SEARCH.test(path) && query.get('q') === 'bu'
        ? new Promise(resolve =>
            answers.push(() => resolve(json({ count: null, next: null, previous: null, results: [], indexing: 0, partial: false }))),
          )
        : null;
    await ask('bu');
    search.ask({ ...NO_QUERY, q: 'bir' });
    await ask('kitobim');
    answers[0]?.();
    await clock.pass(10);
    expect(asked().map(({ query }) => query.get('q'))).toEqual(['bu', 'kitobim']);
    expect(texts()).toEqual(['bu kitobim']);
  });
  it('asks nothing for the same again, so that Back finds the hits as they were', async () => {
    const { asked, ask, state } = await stage();
    await ask('kitob');
    const { hits } = state();
    await ask('kitob');
    expect(asked()).toHaveLength(1);
    expect(state().hits).toBe(hits);
  });
  it('sends every filter, and the zone of the dates', async () => {
    const { asked, ask } = await stage();
    await ask('kitob', { conversation: 1, sender: [2, 3], has: ['image', 'link'], from: '2026-03-01', to: '2026-03-21' });
    expect(asked()[0]?.path).toBe('messaging/conversations/1/search/');
    expect(String(asked()[0]?.query)).toBe(
      'q=kitob&sender=2&sender=3&has=image&has=link&from=2026-03-01&to=2026-03-21&tz=Asia%2FTashkent&limit=20',
    );
  });
  it('finds conversations by their names beside the messages, unless a filter speaks of messages', async () => {
    const { state, ask } = await stage();
    await ask('соколова');
    expect(state().chats.map(({ id }) => id)).toEqual([2]);
    await ask('соколова', { sender: [3] });
    expect(state().chats).toEqual([]);
  });
});

describe('pages', () => {
  it('follow by the message that the last one ended with, without doubles, and tell the total of a conversation', async () => {
    const { search, asked, state, ask } = await stage(45);
    await ask('kitob', { conversation: 1 });
    expect(state()).toMatchObject({ total: 45, next: 26, settled: 1 });
    expect(state().hits[2]).toMatchObject({ position: 3 });
    await search.loadMore();
    await search.loadMore();
    await search.loadMore();
    expect(asked().map(({ query }) => query.get('before'))).toEqual([null, '26', '6']);
    expect(state().hits.map(hit => hit.message.id)).toEqual(Array.from({ length: 45 }, (_, i) => 45 - i));
    expect(state()).toMatchObject({ next: null, more: 'idle', settled: 1 });
  });
  it('are followed where the service ended one early, also without a hit', async () => {
    const { server, asked, texts, ask } = await stage();
    let calls = 0;
    server.intercept = ({ path }) => {
      if (!SEARCH.test(path) || ++calls > 2) return null;
      const next = `http://fake/api/messaging/search/?q=kitob&before=${100 - calls}`;
      return json({ count: null, next, previous: null, results: [], indexing: 0, partial: false });
    };
    await ask('kitob');
    expect(asked().map(({ query }) => query.get('before'))).toEqual([null, '99', '98']);
    expect(texts()).toHaveLength(4);
  });
  it('put the hits of one conversation together, the one with the newest first', async () => {
    const { server, state, ask } = await stage(1);
    server.say(1, malika, 'yana kitob');
    server.say(2, olga, 'kitob ham');
    await ask('kitob');
    expect(state().hits.map(hit => hit.conversation.id)).toEqual([2, 2, 1, 1]);
    expect(state().hits.map(hit => hit.message.id)).toEqual([4, 2, 3, 1]);
  });
  it('keep what is shown where one fails', async () => {
    const { server, search, state, ask } = await stage(30);
    await ask('kitob');
    server.intercept = ({ path }) => (SEARCH.test(path) ? refuse(500, 'internal_error') : null);
    await search.loadMore();
    expect(state()).toMatchObject({ status: 'ready', more: 'error' });
    expect(state().hits).toHaveLength(20);
    server.intercept = () => null;
    await search.loadMore();
    expect(state().hits).toHaveLength(31);
  });
});

describe('a refusal', () => {
  it('is told by its code, and the same is asked again', async () => {
    const { server, state, texts, ask } = await stage();
    server.intercept = ({ path }) => (SEARCH.test(path) ? refuse(400, 'query_too_long') : null);
    await ask('kitob');
    expect(state()).toMatchObject({ status: 'error', code: 'query_too_long', hits: [] });
    server.intercept = () => null;
    await ask('kitob');
    expect(texts()).toHaveLength(4);
  });
  it('of too many searches is overcome when the service says', async () => {
    const { server, clock, state, texts, ask } = await stage();
    server.intercept = ({ path }) => (SEARCH.test(path) ? refuse(429, 'rate_limited', 7) : null);
    await ask('kitob');
    expect(state()).toMatchObject({ status: 'error', code: 'rate_limited' });
    server.intercept = () => null;
    await clock.pass(6_900);
    expect(state().status).toBe('error');
    await clock.pass(200);
    expect(texts()).toHaveLength(4);
  });
});

describe('a hit', () => {
  it('goes when its message is deleted or edited, in whatever conversation, and not when it is pinned', async () => {
    const { server, clock, texts, state, ask } = await stage();
    await ask('kitob', { conversation: 1 });
    server.pin(3, true);
    await clock.pass(50);
    expect(texts()).toHaveLength(3);
    server.remove(2);
    server.edit(1, 'daftar');
    await clock.pass(50);
    expect(texts()).toEqual(['3 kitob']);
    expect(state()).toMatchObject({ total: 1, settled: 1 });
  });
  it('that was lost while there was no connection is gone after it', async () => {
    const { server, clock, texts, ask } = await stage();
    await ask('kitob');
    server.passes = () => false;
    server.remove(3);
    await settle();
    expect(texts()).toHaveLength(4);
    server.passes = () => true;
    server.cut();
    await clock.pass(10_000);
    expect(texts()).toEqual(['bu kitobim', '2 kitob', '1 kitob']);
  });
});
