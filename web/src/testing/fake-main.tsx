import { browserClock } from '@suhbat/client';
import { aziz, confessions, malika, olga, rustam } from '@suhbat/client/testing/builders.ts';
import { FakeServer } from '@suhbat/client/testing/fake-server.ts';
import { start } from '../start.tsx';

/** The page on a service in memory, for development without the binary and for measuring the page alone. Never built. */
const server = new FakeServer(browserClock);
const minutes = (ago: number) => new Date(browserClock.now() - ago * 60_000).toISOString();

const first = server.room([aziz, malika], confessions[0] ?? null);
const talk: [typeof aziz, string, number][] = [
  [aziz, 'Assalomu alaykum, Malika opa! Ertangi uchrashuv soat nechida?', 1500],
  [malika, 'Vaalaykum assalom, Aziz! Soat 18:00 da, katta zalda.', 1490],
  [malika, 'Iltimos, ukangizni ham olib keling 🙂', 1489],
  [aziz, 'Albatta. Choy va non bizdan.', 1480],
  [malika, 'Rahmat! Dastur shu yerda: https://suhbat.uz/dastur', 130],
  [aziz, 'Koʻrdim, juda yaxshi.', 128],
  [malika, 'Savollar boʻlsa, yozavering. Kechqurun onlayn boʻlaman.', 4],
  [malika, 'Yana bir gap: agar kimdir kelolmasa, oldindan aytsin.', 3],
];
const said = talk.map(([who, text, ago]) => server.say(first.id, who, text, { created_at: minutes(ago) }));
server.pin(said[1]?.id ?? 0, true);
first.read.set(aziz.id, said[5]?.id ?? 0);
const second = server.room([aziz, olga], confessions[1] ?? null);
server.say(second.id, olga, 'Спасибо, что написали! Ответ на ваш вопрос лежит в приложенной памятке.', { created_at: minutes(600) });
second.read.set(aziz.id, 99);
const third = server.room([aziz, rustam], confessions[2] ?? null);
server.say(third.id, aziz, 'See you on Sunday then.', { created_at: minutes(4300), status: 'seen' });

const many = Number(new URLSearchParams(location.search).get('many') ?? 0);
for (let i = 0; i < many; i += 1)
  server.say(third.id, i % 3 ? rustam : aziz, `${i} ${'words and words '.repeat((i * 7) % 23)}`, { created_at: minutes(many - i) });

const base = new URL('./', location.href.split('?')[0]).href;
history.replaceState(null, '', base);
const messenger = await start(base, import.meta.url, { fetch: server.fetch, openSocket: server.openSocket });
Object.assign(window, { fake: server, messenger });
