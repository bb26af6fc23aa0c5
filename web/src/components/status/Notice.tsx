import type { ReactNode } from 'react';
import styles from './Notice.module.css';

/** An empty view: its meaning, and the way on. */
export function Notice({
  art = null,
  title,
  lead,
  children,
  heading = 'h2',
}: {
  art?: ReactNode;
  title: string;
  lead?: string;
  children?: ReactNode;
  heading?: 'h1' | 'h2';
}) {
  const Heading = heading;
  return (
    <div className={styles.notice}>
      {art}
      <Heading className={styles.title}>{title}</Heading>
      {lead && <p className={styles.lead}>{lead}</p>}
      {children && <div className={styles.actions}>{children}</div>}
    </div>
  );
}
