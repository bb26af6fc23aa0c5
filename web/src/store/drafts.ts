import type { Memory, ReplyPreview } from '../client/index.ts';
import type { Draft } from './state.ts';

const prefix = (userId: number) => `suhbat:draft:${userId}:`;

/** Text and reply target survive a reload and an expired session; files cannot. */
export function keepDraft(memory: Memory, userId: number, conversation: number, draft: Draft): void {
  const key = prefix(userId) + conversation;
  if (draft.text === '' && draft.replyTo === null) memory.remove(key);
  else memory.set(key, JSON.stringify({ text: draft.text, replyTo: draft.replyTo }));
}

export function keptDrafts(memory: Memory, userId: number): Record<number, Draft> {
  const drafts: Record<number, Draft> = {};
  for (const key of memory.keys(prefix(userId))) {
    try {
      const kept = JSON.parse(memory.get(key) ?? '') as { text: string; replyTo: ReplyPreview | null };
      drafts[Number(key.slice(prefix(userId).length))] = { text: kept.text, replyTo: kept.replyTo, files: [] };
    } catch {
      memory.remove(key);
    }
  }
  return drafts;
}
