import type { Message, Suhbat } from '../core.ts';

/** Calls at most: ids have 53 bits. */
const MOST_STEPS = 60;

/**
 * The first message at or after a moment, else the newest; null in an empty history. Ids grow with time, so the place is bisected, each
 * time at the id that the moments on both sides let expect, with one message an answer.
 */
export async function findAt(api: Suhbat['api'], id: number, moment: number): Promise<number | null> {
  const ask = async (where: { before?: number; after?: number }) =>
    (await api.messages({ conversation: id, ...where, limit: 1 })).results[0];
  const newest = await ask({});
  if (!newest) return null;
  const at = (message: Message) => Date.parse(message.created_at);
  // `low` is before the moment, `high` at or after it.
  let low: { id: number; at: number } | null = null;
  let high = { id: newest.id, at: at(newest) };
  if (high.at < moment) return newest.id;
  for (let calls = 0; calls < MOST_STEPS && high.id - (low?.id ?? 0) > 1; calls += 1) {
    const span = high.id - (low?.id ?? 0);
    // By the moments at first; by halves where that does not end.
    const share = low && calls % 2 === 0 ? (moment - low.at) / Math.max(1, high.at - low.at) : 0.5;
    const middle: number = (low?.id ?? 0) + Math.min(span - 1, Math.max(1, Math.floor(span * share)));
    const found: Message | undefined = await ask({ before: middle + 1 });
    if (found && at(found) >= moment) high = { id: found.id, at: at(found) };
    else {
      // Nothing lies between the one found and the middle.
      low = { id: middle, at: found ? at(found) : moment - 1 };
    }
  }
  return high.id;
}
