import type { MessageRange } from './state.ts';

const first = (run: MessageRange) => run.ids[0] ?? Number.POSITIVE_INFINITY;
const last = (run: MessageRange) => run.ids.at(-1) ?? Number.NEGATIVE_INFINITY;

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

/** Adds a range and merges those that it touches: ranges that overlap are one piece of history. */
export function addRange(runs: readonly MessageRange[], added: MessageRange): readonly MessageRange[] {
  if (added.ids.length === 0) {
    // An empty answer still shows that the history ends here.
    return runs.length === 0 ? [added] : runs;
  }
  let merged = added;
  const apart: MessageRange[] = [];
  for (const run of runs) {
    const touches = run.ids.length === 0 || (first(run) <= last(merged) && first(merged) <= last(run)) || (run.atEnd && merged.atEnd);
    if (touches) {
      merged = {
        ids: union(run.ids, merged.ids),
        atStart: (first(run) <= first(merged) && run.atStart) || (first(merged) <= first(run) && merged.atStart),
        atEnd: run.atEnd || merged.atEnd,
      };
    } else {
      apart.push(run);
    }
  }
  return [...apart, merged].sort((a, b) => first(a) - first(b));
}

/** A message goes to the run that reaches the newest one, unless it is older than that; a history whose end is not held does not show it. */
export function append(runs: readonly MessageRange[], id: number): readonly MessageRange[] {
  if (runs.every(run => !run.atEnd || run.ids.includes(id))) return runs;
  return runs.map(run => {
    if (!run.atEnd || run.ids.includes(id)) return run;
    if (id > last(run)) return { ...run, ids: [...run.ids, id] };
    return id > first(run) ? { ...run, ids: union(run.ids, [id]) } : run;
  });
}

/** Of messages held without a place (acknowledged while a page was on its way), those that the newest run covers or leads up to. */
export function placed(runs: readonly MessageRange[], held: Iterable<number>): readonly MessageRange[] {
  const newest = runs.find(run => run.atEnd);
  if (!newest) return runs;
  const known = new Set(newest.ids);
  const begins = newest.ids[0] ?? Number.NEGATIVE_INFINITY;
  const missing = [...held].filter(id => id > begins && !known.has(id));
  if (missing.length === 0) return runs;
  return runs.map(run => (run === newest ? { ...run, ids: union(run.ids, missing) } : run));
}

export function without(runs: readonly MessageRange[], id: number): readonly MessageRange[] {
  return runs.map(run => (run.ids.includes(id) ? { ...run, ids: run.ids.filter(other => other !== id) } : run));
}

/** The run in whose range an id lies. */
export function runAround(runs: readonly MessageRange[], id: number): MessageRange | undefined {
  return runs.find(run => first(run) <= id && id <= last(run));
}

/** The run on screen: the one around the anchor, else the newest. */
export function runOf(runs: readonly MessageRange[], anchor: number | null): MessageRange | undefined {
  const around = anchor === null ? undefined : runAround(runs, anchor);
  return around ?? runs.find(run => run.atEnd) ?? runs.at(-1);
}

/** Keeps only the newest `most` messages; null where the newest are not held. */
export function trimmed(runs: readonly MessageRange[], most: number): MessageRange | null {
  const run = runs.find(other => other.atEnd);
  if (!run) return null;
  return run.ids.length <= most ? run : { ids: run.ids.slice(-most), atStart: false, atEnd: true };
}
