import styles from './FileName.module.css';

const TAIL = 4;
const LONGEST_ENDING = 6;
/** In letters: shorter names fit everywhere. */
const SHORT = 12;

/** The name of a file, cut in its middle where the room ends: its ending and a few letters before it stay readable. */
export function FileName({ name }: { name: string }) {
  const letters = [...name];
  const dot = letters.lastIndexOf('.');
  const ending = dot > 0 && letters.length - dot <= LONGEST_ENDING ? letters.length - dot : 0;
  const cut = letters.length <= SHORT ? 0 : letters.length - ending - TAIL;
  return (
    <span className={styles.name} dir="auto" title={name}>
      <span className={styles.head}>{letters.slice(0, cut).join('')}</span>
      <span>{letters.slice(cut).join('')}</span>
    </span>
  );
}
