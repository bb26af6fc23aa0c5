import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';
import { join } from '../../theme/theme.ts';
import styles from './Select.module.css';

/** The platform's own select with a quieter arrow. */
export function Select({ className, ...props }: ComponentProps<'select'>) {
  return (
    <span className={styles.place}>
      <select {...props} className={join(styles.select, className)} />
      <ChevronDown aria-hidden size={16} />
    </span>
  );
}
