import { applyPage, emptyConversation, newEntry } from '@suhbat/client';
import { aziz, malika, message } from '@suhbat/client/testing/builders.ts';
import { describe, expect, it } from 'vitest';
import { itemsOf } from './items.ts';

describe('rows', () => {
  const held = (count: number) =>
    applyPage(
      emptyConversation(1, 0),
      Array.from({ length: count }, (_, i) =>
        message(i + 1, i % 4 < 2 ? malika : aziz, `m${i}`, { created_at: new Date(Date.UTC(2026, 10, 20 + i / 10, 10, i)).toISOString() }),
      ),
      { atStart: true, atEnd: true },
    );
  it('do not change when older ones are put in front', () => {
    const all = held(40);
    const ids = Array.from({ length: 40 }, (_, i) => i + 1);
    const some = itemsOf(all, ids.slice(20), false, true, [], aziz.id);
    const more = itemsOf(all, ids, true, true, [], aziz.id);
    expect(more.slice(-some.length)).toEqual(some);
  });

  it('keep their place in a group when they are acknowledged', () => {
    const at = Date.UTC(2026, 10, 20, 10);
    const written = { conversation: 1, content: 'x', replyTo: null, files: [], conversationSince: null };
    const entries = [1, 2].map(n => newEntry(`c${n}`, { ...written, createdAt: at + n }));
    const pending = itemsOf(emptyConversation(1, 0), [], true, true, entries, aziz.id);
    const stored = [1, 2].map(n => message(n, aziz, 'x', { client_id: `c${n}`, created_at: new Date(at + n).toISOString() }));
    const sent = itemsOf(applyPage(emptyConversation(1, 0), stored, { atStart: true, atEnd: true }), [1, 2], true, true, [], aziz.id);
    const shape = (items: ReturnType<typeof itemsOf>) => items.map(({ key, first, last }) => ({ key, first, last }));
    expect(shape(pending)).toEqual(shape(sent));
    expect(pending.map(({ first }) => first)).toEqual([true, false]);
  });
});
