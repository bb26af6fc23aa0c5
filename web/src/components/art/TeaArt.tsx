import styles from './Art.module.css';

/** Two bowls of tea, and words rising from them. */
export function EmptyListArt({ size = 160 }: { size?: number }) {
  return (
    <svg className={styles.art} width={size} height={size * 0.75} viewBox="0 0 160 120" aria-hidden="true" focusable="false">
      <ellipse className={styles.shade} cx="80" cy="104" rx="64" ry="7" />
      <path className={styles.steam} d="M47 50c-5-6 5-10 0-17m13 17c-4-5 4-8 0-14" />
      <path className={styles.cup} d="M26 62h54c0 20-9 34-27 34S26 82 26 62Z" />
      <path className={styles.band} d="M27.500 72h51c-.800 3.500-2 6.700-3.600 9.500H31.100A34 34 0 0 1 27.500 72Z" />
      <path
        className={styles.star}
        d="m53 72.500 1.700 2 2.600-.200-.200 2.600 2 1.700-2 1.700.2 2.600-2.600-.2-1.700 2-1.700-2-2.600.200.2-2.600-2-1.700 2-1.700-.2-2.600 2.600.2Z"
      />
      <path className={styles.foot} d="M43 96h20v5H43z" />
      <path className={styles.cupTwo} d="M88 72h42c0 15-7 25-21 25s-21-10-21-25Z" />
      <path className={styles.bandTwo} d="M89.200 79.500h39.600a26 26 0 0 1-2.700 6.500H91.900a26 26 0 0 1-2.700-6.500Z" />
      <path className={styles.foot} d="M101 97h16v4h-16z" />
      <path
        className={styles.bubble}
        d="M98 18h34c6 0 10 4 10 9.500v9c0 5.500-4 9.500-10 9.500h-17l-9 8v-8h-8c-6 0-10-4-10-9.500v-9C88 22 92 18 98 18Z"
      />
      <path className={styles.words} d="M100 28h30M100 36h19" />
    </svg>
  );
}
