import type { Attachment, ClientConfig } from '@suhbat/client';

/** Pictures that browsers show themselves. */
const SHOWABLE = /^image\/(jpeg|png|gif|webp|avif)$/;
const UNASKED_BYTES = 1024 * 1024;
const UNASKED_PIXELS = 4_000_000;

/** Whether the browser can open the whole picture. */
export function canOpenPicture(attachment: Attachment): boolean {
  return SHOWABLE.test(attachment.mime_type);
}

/**
 * Whether a picture is shown in a message without being asked for. Without a thumbnail the whole file would be decoded, which a small file can make cost
 * gigabytes; so only if it is small in every respect, and known to be.
 */
export function isShownUnasked(attachment: Attachment): boolean {
  if (attachment.file_type !== 'image') return false;
  if (attachment.thumbnail !== null) return true;
  const { file_size, width, height } = attachment;
  return canOpenPicture(attachment) && file_size <= UNASKED_BYTES && width !== null && height !== null && width * height <= UNASKED_PIXELS;
}

export type FileProblem = 'empty' | 'type' | 'too-big' | 'too-many' | 'too-big-together';

function extensionOf(name: string): string {
  const at = name.lastIndexOf('.');
  return at < 0 ? '' : name.slice(at + 1).toLowerCase();
}

/** Browsers do not agree on types, but on their kind. */
function kindOf(type: string): string {
  const kind = type.split('/')[0] ?? '';
  return kind === 'audio' || kind === 'video' ? 'media' : kind === 'image' ? kind : 'other';
}

/** The files that the service would refuse, found before anything is uploaded. The service decides all the same. */
export function problemsOf(files: readonly File[], config: ClientConfig | null): (FileProblem | null)[] {
  if (!config) return files.map(file => (file.size === 0 ? 'empty' : null));
  const { limits, allowed_types } = config;
  let total = 0;
  return files.map((file, index) => {
    if (file.size === 0) return 'empty';
    const extension = extensionOf(file.name);
    const mime = file.type.split(';')[0] ?? '';
    const named = allowed_types.filter(type => type.extensions.some(known => known.replace(/^\./, '').toLowerCase() === extension));
    // A pasted picture may have no sensible name; a named file must have a known ending, and be of its kind where the browser knows that.
    const fits = extension
      ? named.some(type => mime === '' || kindOf(type.mime_type) === kindOf(mime))
      : allowed_types.some(type => type.mime_type === mime);
    if (!fits) return 'type';
    if (file.size > limits.file_bytes) return 'too-big';
    if (index >= limits.files_per_message) return 'too-many';
    total += file.size;
    return total > limits.request_bytes ? 'too-big-together' : null;
  });
}

export function acceptOf(config: ClientConfig | null): string {
  return (config?.allowed_types ?? []).flatMap(type => type.extensions.map(e => `.${e.replace(/^\./, '')}`)).join(',');
}
