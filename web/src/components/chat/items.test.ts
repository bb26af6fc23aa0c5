import { describe, expect, it } from 'vitest';
import { aziz, malika, message } from '../../client/testing/builders.ts';
import { applyPage } from '../../store/messages.ts';
import { emptyHeld } from '../../store/state.ts';
import { itemsOf } from './items.ts';

describe('rows', () => {
  const held = (count: number) =>
    applyPage(
      emptyHeld(1, 0),
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
});
