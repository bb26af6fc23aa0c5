import styles from './Bars.module.css';
import { LOUDEST } from './waveform.ts';

const STEP = 3;

/** A waveform as bars, those before `played` (a share from 0 to 1) in the colour of what was heard. Decoration: times are said elsewhere. */
export function Bars({ values, played = 0 }: { values: readonly number[]; played?: number }) {
  const height = LOUDEST + 1;
  const path = values
    .map((value, index) => `M${index * STEP + STEP / 2} ${(height - Math.max(value, 1)) / 2}v${Math.max(value, 1)}`)
    .join('');
  const bars = (className: string | undefined) => (
    <svg
      className={className}
      aria-hidden="true"
      viewBox={`0 0 ${Math.max(1, values.length) * STEP} ${height}`}
      preserveAspectRatio="none"
      focusable="false"
    >
      <path d={path} vectorEffect="non-scaling-stroke" />
    </svg>
  );
  return (
    <span
      className={styles.bars}
      aria-hidden="true"
      ref={element => {
        // Through the object model: the policy of the page forbids style attributes in markup.
        element?.style.setProperty('--heard', `${(1 - played) * 100}%`);
      }}
    >
      {bars(styles.all)}
      {bars(styles.heard)}
    </span>
  );
}
