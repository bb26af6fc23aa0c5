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

/** An empty gateway: nothing is behind it. */
export function DoorArt({ size = 140 }: { size?: number }) {
  return (
    <svg className={styles.art} width={size} height={size * 0.75} viewBox="0 0 160 120" aria-hidden="true" focusable="false">
      <ellipse className={styles.shade} cx="80" cy="106" rx="62" ry="6" />
      <path className={styles.cup} d="M36 104V24h88v80h-20V70c0-14-10-22-24-34-14 12-24 20-24 34v34Z" />
      <path className={styles.band} d="M36 24h88v10H36z" />
      <path className={styles.words} d="M44 44v52M116 44v52" />
      <path
        className={styles.star}
        d="m80 50 3 3.500 4.600-.4-.4 4.600 3.500 3-3.500 3 .4 4.600-4.600-.4-3 3.500-3-3.500-4.600.4.4-4.600-3.500-3 3.500-3-.4-4.600 4.600.4Z"
      />
    </svg>
  );
}

export function Mark({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path
        className={styles.mark}
        d="M32 4c16 0 28 10.600 28 25S48 54 32 54c-2.700 0-5.300-.300-7.800-.900L11.500 59.300c-1.300.600-2.700-.600-2.300-2l2.700-9.500C7 43.300 4 36.600 4 29 4 14.600 16 4 32 4Z"
      />
      <path
        className={styles.markStar}
        d="m32 12.500 4.900 5.600 7.400-.500-.500 7.400L49.500 30l-5.700 4.900.500 7.400-7.400-.500-4.900 5.700-4.900-5.700-7.400.500.500-7.400L14.500 30l5.700-5-.500-7.400 7.400.500Z"
      />
      <path
        className={styles.mark}
        d="m32 21 2.600 3 3.900-.300-.200 3.900 3 2.600-3 2.500.2 4-3.900-.300-2.600 3-2.600-3-3.900.300.2-4-3-2.500 3-2.600-.2-3.900 3.900.300Z"
      />
    </svg>
  );
}
