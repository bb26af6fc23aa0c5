import { describe, expect, it } from 'vitest';
import { LOUDEST, VALUES, waveformOf } from './waveform.ts';

describe('a waveform', () => {
  it('has at most 64 values, each the loudest of its part', () => {
    const peaks = Array.from({ length: 1_000 }, (_, index) => (index === 500 ? 1 : 0.25));
    const waveform = waveformOf(peaks);
    expect(waveform).toHaveLength(VALUES);
    expect(waveform.filter(value => value === LOUDEST)).toHaveLength(1);
    expect(waveform.indexOf(LOUDEST)).toBe(32);
    expect(new Set(waveform)).toEqual(new Set([8, LOUDEST]));
  });

  it('of something short has a value for each peak, and of nothing none', () => {
    expect(waveformOf([0, 0.5, 1])).toEqual([0, 16, 31]);
    expect(waveformOf([])).toEqual([]);
  });

  it('shows silence as silence', () => {
    expect(waveformOf([0, 0, 0])).toEqual([0, 0, 0]);
    expect(Math.max(...waveformOf([0.001, 0.002]))).toBeLessThan(4);
  });
});
