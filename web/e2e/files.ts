import { crc32, deflateSync } from 'node:zlib';

interface Chosen {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A picture of one colour. `claims` lets its header promise another size. */
export function png(
  name: string,
  width: number,
  height: number,
  colour: [number, number, number],
  claims: [number, number] | null = null,
): Chosen {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claims?.[0] ?? width, 0);
  header.writeUInt32BE(claims?.[1] ?? height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.concat(Array.from({ length: width }, () => Buffer.from(colour)))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const buffer = Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
  return { name, mimeType: 'image/png', buffer };
}

/** A quiet recording of so many seconds: one channel, 8,000 samples a second. */
export function wav(name: string, seconds: number): Chosen {
  const size = seconds * 8_000;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + size, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(8_000, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(size, 40);
  return { name, mimeType: 'audio/wav', buffer: Buffer.concat([header, Buffer.alloc(size, 128)]) };
}

export function text(name: string, size: number): Chosen {
  return { name, mimeType: 'text/plain', buffer: Buffer.alloc(size, 'suhbat\n') };
}
