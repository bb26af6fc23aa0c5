import { type ClientFrames, SERVER_FRAME_TYPES, type ServerFrames } from './frames.gen.ts';
import type { Change } from './types.ts';

/** A durable frame of a type that this client does not know. */
interface UnknownFrame extends Change {
  type: 'unknown';
  conversation: number;
}

export type ServerFrame = ServerFrames[keyof ServerFrames] | UnknownFrame;
export type ReadyFrame = ServerFrames['ready'];
export type ClientFrame = ClientFrames[keyof ClientFrames];

const KNOWN = new Set<string>(SERVER_FRAME_TYPES);

/** Reads a frame. A text is the reason why it could not be used. */
export function parseFrame(text: unknown): ServerFrame | string {
  try {
    const value = JSON.parse(String(text)) as { type?: string; conversation?: unknown; seq?: unknown } | null;
    if (KNOWN.has(value?.type ?? '')) return value as ServerFrame;
    const isDurable = typeof value?.conversation === 'number' && typeof value.seq === 'number';
    return isDurable ? ({ ...value, type: 'unknown' } as UnknownFrame) : 'a frame of unknown type';
  } catch {
    return 'a frame that is no JSON';
  }
}
