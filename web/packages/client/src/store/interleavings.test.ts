import { describe, expect, it } from 'vitest';
import { InMemoryStorage } from '../core.ts';
import { aziz, malika } from '../testing/builders.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { SlowLine } from '../testing/slow-line.ts';
import { entriesOf, messageIds } from './selectors.ts';
import { messengerOn } from './testing/messenger-on.ts';

/** The same numbers from 0 to 1 for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function stage(random: () => number) {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  server.room([aziz, malika]);
  server.say(1, malika, 'one');
  server.say(1, aziz, 'two');
  const backup = server.backup();
  const m = messengerOn(server, clock, { memory: new InMemoryStorage(), random });
  await clock.pass(1_000);
  const contents = () => messageIds(m.store.getState(), 1).map(id => m.store.getState().held[1]?.messages.get(id)?.content);
  const stored = () => server.rooms.get(1)?.messages.map(message => message.content);
  return { clock, server, backup, m, contents, stored };
}

type Stage = Awaited<ReturnType<typeof stage>>;
type Happening = [name: string, act: (stage: Stage) => void];

const STEPS = 400;

/**
 * Lets things happen in their order, and between them everything that is under way arrive in an order that the seed decides, with time going
 * by. Then nothing is held up any more. The answer is the course of it, to be shown where an expectation fails.
 */
async function play(on: Stage, happenings: readonly Happening[], random: () => number): Promise<string> {
  const { clock, server } = on;
  const line = new SlowLine(server);
  const course: string[] = [];
  const left = [...happenings];
  for (let step = 0; step < STEPS; step += 1) {
    const { next } = line;
    const options = next.length + (left.length > 0 ? 1 : 0);
    if (options === 0 && left.length === 0 && step > STEPS / 2) break;
    const choice = Math.floor(random() * (options + 0.3));
    if (choice < next.length) {
      course.push(next[choice] ?? '');
      line.arrive(choice);
      await settle();
    } else if (choice < options) {
      const [name, act] = left.shift() ?? expect.fail();
      course.push(`>>> ${name}`);
      act(on);
      await settle();
    } else {
      const pause = Math.floor(random() * (random() < 0.9 ? 400 : 6_000));
      course.push(`(${pause} ms)`);
      await clock.pass(pause);
    }
  }
  for (const [name, act] of left) {
    course.push(`>>> ${name}`);
    act(on);
    await settle();
  }
  course.push('>>> nothing is held up any more');
  line.open();
  await clock.pass(60_000);
  return course.join('\n');
}

const write = (text: string): Happening => [`Aziz writes "${text}"`, ({ m }) => m.sendText(1, text)];
const say = (text: string): Happening => [`Malika says "${text}"`, ({ server }) => server.say(1, malika, text)];
const enter: Happening = ['Aziz opens the conversation', ({ m }) => m.history.enter(1)];
const cut: Happening = ['the socket dies', ({ server }) => server.cut()];
const stop: Happening = [
  'the service stops',
  ({ server }) => {
    server.online = false;
    server.cut(1012);
  },
];
const up: Happening = [
  'the service comes up',
  ({ server }) => {
    server.online = true;
  },
];
const restore: Happening = ['the database is put back', ({ server, backup }) => server.restore(backup)];
const noSockets: Happening = [
  'a proxy lets no sockets through any more',
  ({ server }) => {
    server.refuseWith = 1006;
    server.cut();
  },
];
const sockets: Happening = [
  'the proxy lets sockets through',
  ({ server }) => {
    server.refuseWith = null;
  },
];

/** So many orders are tried of each story. They are the same at each run, and a failure names its seed. `SEEDS=5000` is the long form. */
const SEEDS = Number(process.env['SEEDS'] ?? 250);

/** The events of each story, and the texts that have to be stored at the end, once each. */
const STORIES: Record<string, Story> = {
  'a message written while the service is down and its database put back': {
    happenings: [stop, write('meanwhile'), restore, up],
    kept: ['meanwhile'],
    isOpen: true,
  },
  'messages before, while and after it, and one of the other side': {
    happenings: [write('before'), stop, write('meanwhile'), restore, up, say('hers'), write('after')],
    kept: ['meanwhile', 'hers', 'after'],
    isOpen: true,
  },
  'numbers and ids that were given out again before the page is back': {
    happenings: [stop, write('meanwhile'), restore, up, say('a'), say('b'), say('c'), say('d'), say('e')],
    kept: ['meanwhile', 'a', 'b', 'c', 'd', 'e'],
    isOpen: true,
  },
  'a restore that no socket tells of': {
    happenings: [noSockets, write('before'), restore, write('meanwhile'), say('hers'), sockets],
    kept: ['meanwhile', 'hers'],
    isOpen: true,
  },
  'two restores in a row': {
    happenings: [
      stop,
      restore,
      up,
      write('meanwhile'),
      stop,
      ['the database is put back once more', ({ server, backup }) => server.restore(backup, 'third')],
      up,
      write('after'),
    ],
    kept: ['after'],
    isOpen: true,
  },
  'a message written while the conversation is being opened': {
    happenings: [enter, write('first'), say('hers'), cut, write('second')],
    kept: ['first', 'hers', 'second'],
  },
};

interface Story {
  happenings: readonly Happening[];
  kept: readonly string[];
  isOpen?: boolean;
}

async function tell({ happenings, kept, isOpen = false }: Story, seed: number): Promise<void> {
  const random = dice(seed);
  const on = await stage(random);
  if (isOpen) {
    on.m.history.enter(1);
    await on.clock.pass(1_000);
    for (const text of ['three', 'four', 'five']) on.server.say(1, malika, text);
    await on.clock.pass(1_000);
  }
  const course = `seed ${seed}\n${await play(on, happenings, random)}`;
  const state = on.m.store.getState();
  const stored = on.stored();
  expect(entriesOf(state, 1), course).toEqual([]);
  expect(on.contents(), course).toEqual(stored);
  for (const text of kept)
    expect(
      stored?.filter(other => other === text),
      course,
    ).toEqual([text]);
  expect(state.rows[1]?.last_message_preview?.content, course).toBe(stored?.at(-1));
}

describe('whatever the order in which requests, answers and frames arrive, the page ends with what is stored, each message once', () => {
  it.each(Object.entries(STORIES))('after %s', async (_, story) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) await tell(story, seed);
  });
});
