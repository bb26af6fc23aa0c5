import { expect, it } from 'vitest';
import { fewEmoji } from './emoji.ts';

it('one to three emoji alone are told from every other text', () => {
  const counts = ['🙏', ' 😀😀 ', '👨‍👩‍👧‍👦 👍🏽 ❤️', '🇺🇿', '1️⃣', '😀😀😀😀', 'ok 👍', '3', '©', '', '   ', '👍'.repeat(60)].map(fewEmoji);
  expect(counts).toEqual([1, 2, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
});
