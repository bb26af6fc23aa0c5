import { describe, expect, it } from 'vitest';
import { createSuhbat, type SuhbatOptions } from './create.ts';
import { type Language, sentenceOf } from './sentences.ts';
import { InMemoryStorage } from './storage.ts';
import { aziz, malika, olga, tokenOf } from './testing/builders.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';
import { FakeLocks } from './testing/fake-locks.ts';
import { FakeServer } from './testing/fake-server.ts';

function stage(token: SuhbatOptions['token'] = tokenOf(aziz.id)) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  server.room([aziz, olga]);
  server.say(1, malika, 'salom');
  const locks = new FakeLocks();
  const faults: unknown[] = [];
  const memory = new InMemoryStorage();
  let ids = 0;
  const make = (language?: Language) =>
    createSuhbat({
      url: 'http://fake/prefix',
      token,
      ...(language ? { language } : {}),
      ports: {
        fetch: server.fetch,
        openSocket: server.openSocket,
        clock,
        random: () => 0.5,
        uuid: () => `id-${++ids}`,
        memory,
        session: new InMemoryStorage(),
        locks: {
          hold: name =>
            new Promise(resolve => {
              void locks.request(name, () => new Promise<void>(release => resolve(release)));
            }),
          isHeld: async name => (await locks.query()).held.some(lock => lock.name === name),
        },
        isOnline: () => true,
        report: (_, cause) => faults.push(cause),
        schedule: flush => flush(),
        watch: () => () => {},
      },
    });
  const texts = (m: ReturnType<typeof make>, id = 1) =>
    m
      .conversation(id)
      .snapshot()
      .messages.map(message => message.text);
  return { clock, server, faults, make, texts };
}

describe('a client', () => {
  it('asks for nothing before it is started, and after it was stopped', async () => {
    const { server, clock, make } = stage();
    const suhbat = make();
    suhbat.conversation(1).subscribe(() => {});
    await settle();
    expect(server.requests).toEqual([]);
    suhbat.start();
    await settle();
    expect(server.wires).toHaveLength(1);
    suhbat.stop();
    await settle();
    const asked = server.requests.length;
    await clock.pass(120_000);
    expect(server.requests).toHaveLength(asked);
    expect(server.wires).toHaveLength(0);
  });

  it('goes on after a stop with what was missed, once each', async () => {
    const { server, make, texts } = stage();
    const suhbat = make();
    suhbat.start();
    suhbat.conversation(1).subscribe(() => {});
    await settle();
    expect(texts(suhbat)).toEqual(['salom']);
    suhbat.stop();
    await settle();
    server.say(1, malika, 'qalaysiz?');
    suhbat.conversation(1).send('written while stopped');
    await settle();
    expect(texts(suhbat)).toEqual(['salom', 'written while stopped']);
    suhbat.start();
    await settle();
    expect(texts(suhbat)).toEqual(['salom', 'qalaysiz?', 'written while stopped']);
    expect(
      suhbat
        .conversation(1)
        .snapshot()
        .messages.map(message => message.status),
    ).toEqual(['received', 'received', 'sent']);
  });

  it('may be mounted, taken down and mounted again at once, as in the strict mode of React', async () => {
    const { server, make, texts, faults } = stage(() => Promise.resolve(tokenOf(aziz.id)));
    const suhbat = make();
    const seen: string[] = [];
    // A child begins before its parent, and a parent ends after its child.
    const open = () => suhbat.conversation(1).subscribe(({ status }) => seen.push(status));
    let close = open();
    suhbat.start();
    close();
    suhbat.stop();
    close = open();
    suhbat.start();
    await settle();
    await settle();
    expect(texts(suhbat)).toEqual(['salom']);
    expect(seen).not.toContain('error');
    expect(server.wires).toHaveLength(1);
    expect(faults).toEqual([]);
    close();
  });

  it('shows no fault when it is mounted again while it loads', async () => {
    const { make, texts } = stage();
    const suhbat = make();
    suhbat.start();
    const lists: string[] = [];
    suhbat.listen(state => lists.push(state.list.status));
    suhbat.stop();
    suhbat.start();
    await settle();
    suhbat.conversation(1).subscribe(() => {});
    await settle();
    expect(texts(suhbat)).toEqual(['salom']);
    expect(lists).not.toContain('error');
  });

  it('leaves what it could not send to the next client', async () => {
    const { server, make, texts } = stage();
    const first = make();
    first.start();
    await settle();
    first.stop();
    first.conversation(1).send('late');
    await settle();
    const second = make();
    second.start();
    second.conversation(1).subscribe(() => {});
    await settle();
    expect(texts(second)).toEqual(['salom', 'late']);
    // Both have it now; it is stored once.
    first.start();
    await settle();
    expect(server.requests.filter(request => request.method === 'POST' && request.path.endsWith('messages/')).length).toBeLessThan(2);
    expect(texts(second)).toEqual(['salom', 'late']);
  });

  it('asks its source for a token, again where that fails, and for another one after a refusal', async () => {
    const answers = [new Error('no network'), null, tokenOf(aziz.id)];
    const { clock, server, make } = stage(() => {
      const answer = answers.shift() ?? null;
      return answer instanceof Error ? Promise.reject(answer) : answer;
    });
    const suhbat = make();
    suhbat.start();
    await settle();
    expect(answers).toHaveLength(2);
    await clock.pass(10_000);
    expect(answers).toHaveLength(1);
    expect(suhbat.store.getState().session).toBe('signed-out');
    suhbat.stop();
    suhbat.start();
    await settle();
    expect(suhbat.store.getState().session).toBe('signed-in');
    expect(server.wires).toHaveLength(1);
  });

  it('goes on for all others where one listener fails', async () => {
    const { make, faults } = stage();
    const suhbat = make();
    const fault = new Error('mine');
    suhbat.listen(() => {
      throw fault;
    });
    suhbat.conversation(1).subscribe(() => {
      throw fault;
    });
    const seen: string[] = [];
    suhbat.conversation(1).subscribe(({ status }) => seen.push(status));
    suhbat.start();
    await settle();
    expect(seen.at(-1)).toBe('ready');
    expect(new Set(faults)).toEqual(new Set([fault]));
  });
});

describe('a conversation', () => {
  it('is kept up to date beside others', async () => {
    const { server, make, texts } = stage();
    const suhbat = make();
    suhbat.start();
    await settle();
    const close = suhbat.conversation(1).subscribe(() => {});
    suhbat.conversation(2).subscribe(() => {});
    await settle();
    server.cut();
    server.say(1, malika, 'one');
    server.say(2, olga, 'two');
    await settle();
    suhbat.client.connection.hurry();
    await settle();
    expect(texts(suhbat, 1)).toEqual(['salom', 'one']);
    expect(texts(suhbat, 2)).toEqual(['two']);
    close();
    close();
    server.say(2, olga, 'three');
    await settle();
    expect(texts(suhbat, 2)).toEqual(['two', 'three']);
  });

  it('gives the same snapshot until something in it changes', async () => {
    const { server, make } = stage();
    const suhbat = make();
    suhbat.start();
    const one = suhbat.conversation(1);
    let changes = 0;
    one.subscribe(() => {
      changes += 1;
    });
    await settle();
    const before = one.snapshot();
    expect(suhbat.conversation(1)).toBe(one);
    changes = 0;
    server.say(2, olga, 'elsewhere');
    await settle();
    expect(one.snapshot()).toBe(before);
    expect(changes).toBe(0);
    server.say(1, malika, 'here');
    await settle();
    expect(one.snapshot()).not.toBe(before);
    expect(changes).toBeGreaterThan(0);
  });

  it('shows a message under one key from the first moment on, and why one was refused', async () => {
    const { make } = stage();
    const suhbat = make();
    suhbat.start();
    const one = suhbat.conversation(1);
    one.subscribe(() => {});
    await settle();
    const key = one.send('mine');
    expect(one.snapshot().messages.at(-1)).toMatchObject({ key, id: null, status: 'sending', isMine: true });
    await settle();
    expect(one.snapshot().messages.at(-1)).toMatchObject({ key, status: 'sent', text: 'mine' });
    expect(one.snapshot().messages.at(-1)?.id).not.toBeNull();
    const failed = one.send('REFUSE this');
    await settle();
    const shown = one.snapshot().messages.at(-1);
    expect(shown).toMatchObject({ key: failed, status: 'failed' });
    expect(shown?.error).toMatch(/^The message contains characters/);
    one.discard(failed);
    expect(one.snapshot().messages.at(-1)?.key).toBe(key);
  });
});

describe('the sentence of a message that was not sent', () => {
  it.each([
    [undefined, 'The message contains characters that cannot be sent.'],
    ['ru', 'В сообщении есть знаки, которые нельзя отправить.'],
    ['uz', 'Xabarda yuborib boʻlmaydigan belgilar bor.'],
  ] as const)('is in the language %s', async (language, sentence) => {
    const m = stage().make(language);
    m.start();
    const one = m.conversation(1);
    one.subscribe(() => {});
    await settle();
    one.send('REFUSE this');
    await settle();
    expect(one.snapshot().messages.at(-1)).toMatchObject({ status: 'failed', error: sentence });
  });
  it('is a general one for a code that nobody knows', () => {
    for (const language of ['en', 'ru', 'uz'] as const) expect(sentenceOf('of tomorrow', language)).not.toBe('');
  });
});
