import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AZIZ } from './people.ts';
import { expect, test } from './test.ts';

interface Told {
  file: string;
  file_name: string;
  width: number;
  height: number;
}

/** Each kind of picture that a browser can show; some are turned by their EXIF data. */
const PICTURES = [
  'camera.jpg',
  'progressive.jpg',
  'notes.png',
  'clear.png',
  'moving.png',
  'camera.webp',
  'clear.webp',
  'still.gif',
  'still.avif',
];

test('a browser shows each picture as large as the service says', async ({ as, chat, service }) => {
  const form = new FormData();
  form.append('conversation', String(chat));
  for (const name of PICTURES) {
    const path = fileURLToPath(new URL(`../../crates/media/fixtures/${name}`, import.meta.url));
    form.append('attachment_files', new File([readFileSync(path)], name));
  }
  const headers = { authorization: `Bearer ${service.token(AZIZ)}` };
  const answer = await fetch(`${service.url}/api/messaging/messages/`, { method: 'POST', headers, body: form });
  expect(answer.status, await answer.clone().text()).toBe(201);
  const { attachments } = (await answer.json()) as { attachments: Told[] };
  const page = await as(AZIZ, { path: `c/${chat}` });
  for (const told of attachments) {
    const shown = await page.evaluate(async source => {
      const image = new Image();
      image.src = source;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, told.file);
    expect(shown, told.file_name).toEqual([told.width, told.height]);
  }
  expect(attachments.map(told => told.file_name)).toEqual(PICTURES);
});
