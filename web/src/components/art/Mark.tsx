import styles from './Art.module.css';

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
