import { lengthOf } from '@suhbat/client';
import { useEffect, useState } from 'react';
import { join } from '../../theme/theme.ts';
import { useMessenger, useSelect, useT } from '../app.tsx';
import styles from './Counter.module.css';

const COUNT_FROM = 500;
const PAUSE = 1_000;

/** The code points that a message of this text has left; below zero it is too long. */
export function useLeft(text: string): number {
  const most = useSelect(state => state.config?.limits.content_chars ?? 10_000);
  // Code units are never fewer than code points, so most texts need no counting.
  return text.length > most - COUNT_FROM ? most - lengthOf(text) : most;
}

/** Shows the last characters that are left, and announces them when one pauses: not with each key. */
export function Counter({ left }: { left: number }) {
  const t = useT();
  const { clock } = useMessenger();
  const text = left < 0 ? t('composer.over', { count: -left }) : left <= COUNT_FROM ? t('composer.left', { count: left }) : '';
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = clock.after(PAUSE, () => setSaid(text));
    return () => clock.cancel(timer);
  }, [clock, text]);
  return (
    <>
      <p aria-hidden className={join(styles.count, left < 0 && styles.over)}>
        {text}
      </p>
      <p role="status" className="hidden">
        {said}
      </p>
    </>
  );
}
