import type { Run } from './state.ts';

const first = (run: Run) => run.ids[0] ?? Number.POSITIVE_INFINITY;
const last = (run: Run) => run.ids.at(-1) ?? Number.NEGATIVE_INFINITY;

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

/** Adds a run and merges whatever touches it: runs that overlap are one piece of history. */
export function addRun(runs: readonly Run[], added: Run): readonly Run[] {
  if (added.ids.length === 0) {
    // An empty answer still tells where the history ends.
    return runs.length === 0 ? [added] : runs;
  }
  let merged = added;
  const apart: Run[] = [];
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

/** A new message goes to the run that reaches the newest one; a history whose end is not held does not show it. */
export function append(runs: readonly Run[], id: number): readonly Run[] {
  return runs.map(run => {
    if (!run.atEnd || run.ids.includes(id)) return run;
    if (id > last(run)) return { ...run, ids: [...run.ids, id] };
    return id > first(run) ? { ...run, ids: union(run.ids, [id]) } : run;
  });
}

export function without(runs: readonly Run[], id: number): readonly Run[] {
  return runs.map(run => (run.ids.includes(id) ? { ...run, ids: run.ids.filter(other => other !== id) } : run));
}

/** The run in whose range an id lies. */
export function runAround(runs: readonly Run[], id: number): Run | undefined {
  return runs.find(run => first(run) <= id && id <= last(run));
}

/** The run on screen: the one around the anchor, else the newest. */
export function runOf(runs: readonly Run[], anchor: number | null): Run | undefined {
  const around = anchor === null ? undefined : runAround(runs, anchor);
  return around ?? runs.find(run => run.atEnd) ?? runs.at(-1);
}

/** Keeps only the newest `most` messages; null where the newest are not held. */
export function trimmed(runs: readonly Run[], most: number): Run | null {
  const run = runs.find(other => other.atEnd);
  if (!run) return null;
  return run.ids.length <= most ? run : { ids: run.ids.slice(-most), atStart: false, atEnd: true };
}
