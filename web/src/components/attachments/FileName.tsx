import styles from './FileName.module.css';

const TAIL = 12;

/** The name of a file, cut in its middle where the room ends, so that its ending stays readable. */
export function FileName({ name }: { name: string }) {
  const letters = [...name];
  return (
    <span className={styles.name} dir="auto" title={name}>
      <span className={styles.head}>{letters.slice(0, -TAIL).join('')}</span>
      <span>{letters.slice(-TAIL).join('')}</span>
    </span>
  );
}
