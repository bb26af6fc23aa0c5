import type { ConversationCounts, ListFilter } from '@suhbat/client';
import { confessionsOf } from '@suhbat/client';
import { useEffect, useMemo, useState } from 'react';
import { join } from '../../theme/theme.ts';
import { useMessenger, useSelect } from '../app.tsx';
import { Select } from '../overlays/Select.tsx';
import styles from './ListPane.module.css';
import { useRowWords } from './sentences.ts';

const COUNT_AFTER = 400;
const NO_VIEW = { unread: false, waiting: false, archived: false };

/** How many conversations each filter has, asked for again after changes of rows. Null until it is known, and where the service cannot tell. */
function useCounts(confession: number | null): ConversationCounts | null {
  const messenger = useMessenger();
  const rows = useSelect(state => state.rows);
  const isLoaded = useSelect(state => state.list.status === 'ready');
  const [counts, setCounts] = useState<ConversationCounts | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed row may belong to another filter
  useEffect(() => {
    if (!isLoaded) return undefined;
    let isOver = false;
    const timer = messenger.clock.after(COUNT_AFTER, async () => {
      try {
        const found = await messenger.client.api.counts(confession);
        if (!isOver) setCounts(found);
      } catch {
        // What was shown stays; the next change asks again.
      }
    });
    return () => {
      isOver = true;
      messenger.clock.cancel(timer);
    };
  }, [messenger, rows, isLoaded, confession]);
  return counts;
}

/** The views of the list, each with its number of conversations, and the community. */
export default function Filters() {
  const words = useRowWords();
  const messenger = useMessenger();
  const filter = useSelect(state => state.list.filter);
  const me = useSelect(state => state.me);
  const rows = useSelect(state => state.rows);
  const confessions = useMemo(() => confessionsOf({ me, rows }), [me, rows]);
  const counts = useCounts(filter.confession);
  const isStaff = me !== null && me.user.role !== 'user';
  const isPlain = !filter.unread && !filter.waiting && !filter.archived;
  const view = (label: string, count: number | undefined, chosen: boolean, change: Partial<ListFilter>) => (
    <button
      type="button"
      aria-pressed={chosen}
      aria-description={count ? words('list.count', { count }) : undefined}
      className={styles.chip}
      onClick={() => messenger.list.filter({ ...NO_VIEW, ...change })}
    >
      {label}
      {count !== undefined && count > 0 && (
        <span aria-hidden className={styles.count}>
          {count}
        </span>
      )}
    </button>
  );
  return (
    <>
      {view(words('list.all'), counts?.all, isPlain, {})}
      {view(words('list.unread'), counts?.unread, filter.unread, { unread: true })}
      {(isStaff || filter.waiting) && view(words('list.waiting'), counts?.waiting, filter.waiting, { waiting: true })}
      {((counts?.archived ?? 0) > 0 || filter.archived) &&
        view(words('list.archive'), counts?.archived, filter.archived, { archived: true })}
      {(confessions.length > 1 || filter.confession !== null) && (
        <Select
          aria-label={words('list.confession')}
          className={join(styles.chip, styles.select, filter.confession !== null && styles.chosen)}
          value={filter.confession ?? ''}
          onChange={event => messenger.list.filter({ confession: Number(event.target.value) || null })}
        >
          <option value="">{words('list.allConfessions')}</option>
          {confessions.map(confession => (
            <option key={confession.id} value={confession.id}>
              {confession.name}
            </option>
          ))}
        </Select>
      )}
    </>
  );
}
