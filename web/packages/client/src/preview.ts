import { PREVIEW_CHARACTERS, PREVIEW_WITHOUT_TEXT } from './schema.gen.ts';
import { isBlank } from './text.ts';
import type { Attachment, AttachmentSummary, Message, MessagePreview } from './types.ts';

/** The text of a preview; null where the message has files only. */
export function previewText({ content, has_attachments }: MessagePreview): string | null {
  return has_attachments && content === PREVIEW_WITHOUT_TEXT ? null : content;
}

/** The preview of a message until the service's own arrives. */
export function previewOf({ id, sender, content, attachments, status, created_at }: Message): MessagePreview {
  const text = content ?? '';
  const has_attachments = attachments.length > 0;
  return {
    id,
    sender: sender.username,
    content: has_attachments && isBlank(text) ? PREVIEW_WITHOUT_TEXT : beginning(text),
    has_attachments,
    attachments: summaryOf(attachments),
    status,
    created_at,
  };
}

function summaryOf(files: readonly Attachment[]): AttachmentSummary | null {
  const [first] = files;
  if (!first) return null;
  const kinds = files.map(({ voice, file_type }) => (voice ? 'voice' : file_type));
  const [kind = 'other'] = kinds;
  return { count: files.length, kind: kinds.every(other => other === kind) ? kind : 'other', name: first.file_name };
}

/** The first characters, as people count them. */
function beginning(text: string): string {
  // Browsers before 2024 have no segmenter.
  if (typeof Intl.Segmenter !== 'function') {
    const characters = Array.from(text);
    return characters.length > PREVIEW_CHARACTERS ? `${characters.slice(0, PREVIEW_CHARACTERS).join('')}...` : text;
  }
  let characters = 0;
  for (const { index } of new Intl.Segmenter().segment(text)) {
    if (characters === PREVIEW_CHARACTERS) return `${text.slice(0, index)}...`;
    characters += 1;
  }
  return text;
}
