import styles from './Art.module.css';

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
