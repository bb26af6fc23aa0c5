import { LoaderCircle } from 'lucide-react';
import controls from '../../theme/controls.module.css';
import { useMessenger, useSelect, useT } from '../app.tsx';
import styles from './History.module.css';

/** The row before the oldest loaded one, and behind the newest where newer ones are missing. Its height never changes. */
export function Edge({ id, way, onRetry }: { id: number; way: 'older' | 'newer'; onRetry: () => void }) {
  const t = useT();
  const messenger = useMessenger();
  const failed = useSelect(state => state.held[id]?.[way] === 'error');
  return (
    <div className={styles.edge}>
      {failed ? (
        <p role="status">
          {t(way === 'older' ? 'chat.olderFailed' : 'chat.newerFailed')}{' '}
          <button
            type="button"
            className={controls.link}
            onClick={() => {
              onRetry();
              void messenger.history.retryPage(id, way);
            }}
          >
            {t('common.retry')}
          </button>
        </p>
      ) : (
        <LoaderCircle aria-hidden size={20} className={styles.turning} />
      )}
    </div>
  );
}
