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

it('a preview summarises the files: their number, their common kind, the first name', () => {
  const file = (file_type: Attachment['file_type'], file_name: string, voice: Attachment['voice'] = null) =>
    ({ id: 1, file_type, file_name, voice }) as Attachment;
  const summary = (...attachments: Attachment[]) => previewOf(message(1, aziz, '', { attachments })).attachments;
  const recording = { duration_ms: 900, waveform: [] };
  expect(summary()).toBeNull();
  expect(summary(file('image', 'a.png'), file('image', 'b.png'))).toEqual({ count: 2, kind: 'image', name: 'a.png' });
  expect(summary(file('audio', 'v.weba', recording))).toEqual({ count: 1, kind: 'voice', name: 'v.weba' });
  expect(summary(file('audio', 'v.weba', recording), file('audio', 's.mp3'))).toMatchObject({ kind: 'other' });
  expect(summary(file('document', 'a.pdf'), file('image', 'b.png'))).toEqual({ count: 2, kind: 'other', name: 'a.pdf' });
});
