import { ArrowDown } from 'lucide-react';
import { join } from '../../theme/theme.ts';
import { useT } from '../app.tsx';
import styles from './History.module.css';

/** The way back to the bottom, with the number of messages that wait there; after a jump first back to where one was. */
export function DownButton({ unseen, isReturn, onClick }: { unseen: number; isReturn: boolean; onClick: () => void }) {
  const t = useT();
  return (
    <button
      type="button"
      className={join(styles.down, unseen > 0 && styles.counted)}
      aria-label={isReturn ? t('chat.returnToReply') : t('chat.newBelow', { count: unseen })}
      onClick={onClick}
    >
      <ArrowDown aria-hidden size={20} />
      {unseen > 0 && <span aria-hidden>{unseen}</span>}
    </button>
  );
}
