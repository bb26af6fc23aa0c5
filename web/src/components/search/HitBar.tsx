import { useStore } from '@suhbat/react';
import { ChevronDown, ChevronUp, List, X } from 'lucide-react';
import { useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import styles from './HitBar.module.css';
import { useSearchWords } from './sentences.ts';
import { listPath, useAddress, useSearch, useSteps } from './useSearch.ts';

/** Above a conversation that a hit led into: which hit it is, the next and the previous one, and the way back to their list. */
export function HitBar({ id }: { id: number }) {
  const words = useSearchWords();
  const { query, chosen } = useAddress(id);
  const search = useSearch();
  const [, navigate] = useLocation();
  const { step, at, count } = useSteps(chosen, false);
  const { total, next, hits } = useStore(search.store, state => state);
  const n = hits[at]?.position ?? (at < 0 ? null : at + 1);
  const m = total ?? count;
  const nth = n === null ? null : words(total === null && next !== null ? 'search.nOfMore' : 'search.nOfM', { n, m });
  return (
    <section className={styles.bar} aria-label={words('search.bar', { q: query.q })} data-region="search">
      <button
        type="button"
        className={controls.icon}
        aria-label={words('search.results')}
        title={words('search.results')}
        onClick={() => {
          if ((history.state as { hits?: boolean } | null)?.hits) history.back();
          else navigate(listPath(query), { replace: true });
        }}
      >
        <List aria-hidden size={20} />
      </button>
      <span className={styles.words}>
        <bdi className={styles.query}>{query.q}</bdi>
        {nth !== null && <span className={styles.nth}>{nth}</span>}
      </span>
      <button
        type="button"
        className={controls.icon}
        aria-label={words('search.previous')}
        title={words('search.previous')}
        disabled={at === 0}
        onClick={() => void step(-1)}
      >
        <ChevronUp aria-hidden size={20} />
      </button>
      <button
        type="button"
        className={controls.icon}
        aria-label={words('search.next')}
        title={words('search.next')}
        disabled={at === count - 1 && next === null}
        onClick={() => void step(1)}
      >
        <ChevronDown aria-hidden size={20} />
      </button>
      <button
        type="button"
        className={controls.icon}
        aria-label={words('search.close')}
        title={words('search.close')}
        onClick={() => navigate(`/c/${id}`, { replace: true })}
      >
        <X aria-hidden size={20} />
      </button>
    </section>
  );
}
