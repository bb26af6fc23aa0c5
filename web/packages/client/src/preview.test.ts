import { expect, it } from 'vitest';
import { previewOf, previewText } from './preview.ts';
import { aziz, message } from './testing/builders.ts';
import type { Attachment } from './types.ts';

const files = { attachments: [{ id: 1 } as Attachment] };

it.each(['ў', '👨\u200d👩\u200d👧\u200d👦', 'e\u0301', '🇺🇿'])('a preview ends after fifty times %s', character => {
  expect(previewOf(message(1, aziz, character.repeat(50))).content).toBe(character.repeat(50));
  expect(previewOf(message(1, aziz, character.repeat(51))).content).toBe(`${character.repeat(50)}...`);
});

it('a preview of files alone has no text, and one of files and words has the words', () => {
  expect(previewText(previewOf(message(1, aziz, '', files)))).toBeNull();
  expect(previewText(previewOf(message(1, aziz, ' \n', files)))).toBeNull();
  expect(previewText(previewOf(message(1, aziz, 'gul', files)))).toBe('gul');
  expect(previewText(previewOf(message(1, aziz, '[Attachment]')))).toBe('[Attachment]');
});
