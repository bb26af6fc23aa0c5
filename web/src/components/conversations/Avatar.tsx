import type { User } from '@suhbat/client';
import { nameOf } from '@suhbat/client';
import { useState } from 'react';
import { join } from '../../theme/theme.ts';
import styles from './Avatar.module.css';

const HUES = 6;

function initials(user: User): string {
  const parts = nameOf(user).split(/\s+/).filter(Boolean);
  const letters = [parts[0], parts.length > 1 ? parts.at(-1) : undefined].map(part => [...(part ?? '')][0] ?? '');
  return letters.join('').toLocaleUpperCase();
}

/** A face, or initials on a colour of their own. Decoration: the name stands beside it. */
export function Avatar({ user, others = 0, size = 'md' }: { user: User | undefined; others?: number; size?: 'sm' | 'md' }) {
  // The platform's pictures may come from where the page may not load them.
  const [broken, setBroken] = useState<string | null>(null);
  const picture = user?.avatar && user.avatar !== broken && /^(https?:|\/)/.test(user.avatar) ? user.avatar : null;
  const hue = styles[`hue${(user?.id ?? 0) % HUES}`];
  return (
    <span className={join(styles.avatar, styles[size], hue)} aria-hidden="true">
      {picture ? <img src={picture} alt="" loading="lazy" onError={() => setBroken(picture)} /> : user ? initials(user) : ''}
      {others > 0 && <span className={styles.others}>+{others}</span>}
    </span>
  );
}
