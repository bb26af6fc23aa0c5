import { describe, expect, it } from 'vitest';
import rows from '../../../../crates/lexicon/tests/spellings.json';
import { foundIn } from './fold.ts';

const marked = (text: string, query: string) => foundIn(text, query).map(([from, to]) => text.slice(from, to));

describe('what was searched for', () => {
  // The service's own tests read the same table.
  it.each(rows)('$query in $name is marked: $marked', row => {
    expect(marked(row.name, row.query)).toEqual(row.marked);
  });
  it('is marked once where it is found twice, and by the letters that were typed', () => {
    expect(marked('Aziza Azizova', 'aziz iz')).toEqual(['Aziz', 'Aziz']);
    expect(marked('Алиева', 'али')).toEqual(['Али']);
    expect(marked('Aliyeva', 'али')).toEqual(['Ali']);
  });
});
