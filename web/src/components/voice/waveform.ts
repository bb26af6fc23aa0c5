/** The most values of a waveform, and the greatest: the service takes no other. */
export const VALUES = 64;
export const LOUDEST = 31;
/** The share of full scale below which everything counts as silence, so that noise is not drawn as loud as speech. */
const QUIET = 0.02;

/** The loudness of equal parts of a recording, from its peaks between 0 and 1: the loudest part is `LOUDEST`. */
export function waveformOf(peaks: readonly number[]): number[] {
  const count = Math.min(VALUES, peaks.length);
  const parts = Array.from({ length: count }, (_, part) => {
    const [from, to] = [Math.floor((part * peaks.length) / count), Math.floor(((part + 1) * peaks.length) / count)];
    return Math.max(...peaks.slice(from, to));
  });
  const most = Math.max(QUIET, ...parts);
  return parts.map(part => Math.round((Math.min(part, most) / most) * LOUDEST));
}
