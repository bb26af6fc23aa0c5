import type { Attachment } from '@suhbat/client';
import { config } from '@suhbat/client/testing/builders.ts';
import { expect, it } from 'vitest';
import { isShownUnasked, problemsOf } from './rules.ts';

it('a file has a known ending, and is of its kind where the browser knows that', () => {
  const judge = (name: string, type: string) => problemsOf([new File(['x'], name, { type })], config)[0];
  expect(judge('a.png', 'image/png')).toBeNull();
  expect(judge('a.png', '')).toBeNull();
  expect(judge('a.png', 'image/apng')).toBeNull();
  expect(judge('a.ogg', 'video/ogg')).toBeNull();
  expect(judge('a.png', 'text/html')).toBe('type');
  expect(judge('a.html', 'image/png')).toBe('type');
  expect(judge('pasted', 'image/png')).toBeNull();
  expect(judge('pasted', 'text/html')).toBe('type');
});

it('a picture without a thumbnail is shown unasked only if it is known to be small', () => {
  const gif: Attachment = {
    id: 1,
    file: 'http://fake/file/1',
    thumbnail: null,
    file_type: 'image',
    file_name: 'a.gif',
    file_size: 1024 * 1024,
    mime_type: 'image/gif',
    width: 2000,
    height: 2000,
    uploaded_at: '2026-11-22T12:00:00Z',
    voice: null,
  };
  const shown = (more: Partial<Attachment>) => isShownUnasked({ ...gif, ...more });
  expect(shown({})).toBe(true);
  expect(shown({ file_size: 1024 * 1024 + 1 })).toBe(false);
  expect(shown({ width: 2001 })).toBe(false);
  expect(shown({ width: null, height: null })).toBe(false);
  expect(shown({ mime_type: 'image/heic' })).toBe(false);
  expect(shown({ file_type: 'document' })).toBe(false);
  expect(shown({ thumbnail: 'http://fake/thumbnail/1', file_size: 26_214_400, width: 8000, height: 8000 })).toBe(true);
});
