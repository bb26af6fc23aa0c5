import { Check, CheckCheck, CircleAlert, Clock3 } from 'lucide-react';
import styles from './Ticks.module.css';

export type Progress = 'pending' | 'failed' | 'sent' | 'delivered' | 'seen';

/** The status of one's own message. Decoration: the same is in the text of the row's name and in its menu. */
export function Ticks({ progress }: { progress: Progress }) {
  const size = 16;
  switch (progress) {
    case 'pending':
      return <Clock3 aria-hidden size={13} className={styles.tick} />;
    case 'failed':
      return <CircleAlert aria-hidden size={size} className={styles.failed} />;
    case 'sent':
      return <Check aria-hidden size={size} className={styles.tick} data-status="sent" />;
    case 'delivered':
      return <CheckCheck aria-hidden size={size} className={styles.tick} data-status="delivered" />;
    default:
      return (
        <span aria-hidden className={styles.seen} data-status="seen">
          <CheckCheck size={14} strokeWidth={2.6} />
        </span>
      );
  }
}
